#include "gateway/failure_record.h"

#include <boost/json.hpp>
#include <utility>

#include "base/rfc3339.h"

namespace tributary::gateway {

std::string failure_record(const std::string& function_arn, const std::string& event, int tries,
                           const lambda_runtime::InvocationFailure& failure, Timestamp time) {
    namespace json = boost::json;
    boost::system::error_code error;
    json::value payload = json::parse(event, error);
    if (error) payload = event;
    return json::serialize(json::object{
        {"version", "1.0"},
        {"timestamp", format_rfc3339(time)},
        {"requestContext", json::object{{"functionArn", function_arn},
                                        {"condition", "RetriesExhausted"},
                                        {"approximateInvokeCount", tries}}},
        {"requestPayload", std::move(payload)},
        {"responseContext", json::object{{"statusCode", 200}, {"functionError", "Unhandled"}}},
        {"responsePayload",
         json::object{{"errorType", failure.type}, {"errorMessage", failure.message}}},
    });
}

}  // namespace tributary::gateway
