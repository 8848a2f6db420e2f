#include "gateway/invoke_route.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

namespace tributary::gateway {
namespace {

constexpr std::string_view kPrefix = "/2015-03-31/functions/";
constexpr std::string_view kSuffix = "/invocations";
/// Of an event that is invoked asynchronously.
constexpr std::size_t kMaxEventBytes = 262'144;

http::Response error(int status, std::string_view type, std::string_view message) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.headers.add("X-Amzn-ErrorType", std::string(type));
    response.body =
        boost::json::serialize(boost::json::object{{"Type", "User"}, {"Message", message}});
    return response;
}

http::Response response_to(const Error& failure) {
    switch (failure.code) {
        case ErrorCode::invalid_input:
            return error(400, "InvalidRequestContentException", failure.message);
        case ErrorCode::retry_later: return error(429, "TooManyRequestsException", failure.message);
        case ErrorCode::not_found:
        case ErrorCode::conflict:
        case ErrorCode::timed_out:
        case ErrorCode::unavailable:
        case ErrorCode::shutting_down:
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: return error(503, "ServiceException", failure.message);
    }
    std::unreachable();
}

/// The name in the path, or the last part of the ARN that may stand there.
std::optional<std::string> function_of(std::string_view path) {
    if (!path.starts_with(kPrefix) || !path.ends_with(kSuffix)) return std::nullopt;
    path.remove_prefix(kPrefix.size());
    if (path.size() < kSuffix.size()) return std::nullopt;
    path.remove_suffix(kSuffix.size());
    auto name = http::percent_decode(path);
    if (name) name->erase(0, name->rfind(':') + 1);
    return name;
}

}  // namespace

InvokeRoute::InvokeRoute(std::string function_name, Submit submit)
    : function_name_(std::move(function_name)), submit_(std::move(submit)) {
}

http::BodyPolicy InvokeRoute::on_head(const http::Request&) {
    http::BodyPolicy policy;
    policy.max_body_bytes = kMaxEventBytes;
    return policy;
}

void InvokeRoute::handle(http::Request request, http::Responder responder) {
    responder.send(answer(request));
}

http::Response InvokeRoute::answer(http::Request& request) const {
    if (request.method != "POST" || function_of(request.path()) != function_name_) {
        return error(
            404, "ResourceNotFoundException",
            fmt::format("Only POST {}{}{} is served here.", kPrefix, function_name_, kSuffix));
    }
    if (request.headers.get("X-Amz-Invocation-Type") != "Event") {
        return error(400, "InvalidParameterValueException",
                     "Only asynchronous invocations are served here; send "
                     "X-Amz-Invocation-Type: Event.");
    }
    const auto submitted = submit_(std::move(request.body));
    if (!submitted) return response_to(submitted.error());
    http::Response response;
    response.status = 202;
    return response;
}

}  // namespace tributary::gateway
