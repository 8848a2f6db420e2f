#include "lambda_runtime/runtime_api.h"

#include <boost/json.hpp>

namespace tributary::lambda_runtime {
namespace json = boost::json;

std::string error_body(const FunctionError& error) {
    return json::serialize(json::object{
        {"errorMessage", error.message}, {"errorType", error.type}, {"stackTrace", json::array{}}});
}

FunctionError parse_error_body(std::string_view body) {
    FunctionError error("Unhandled", std::string(body.substr(0, 1'000)));
    boost::system::error_code ignored;
    const json::value parsed = json::parse(body, ignored);
    const json::object* fields = ignored ? nullptr : parsed.if_object();
    if (fields == nullptr) return error;
    const auto read = [&](std::string_view name, std::string& into) {
        const json::value* field = fields->if_contains(name);
        if (field != nullptr && field->is_string()) into = field->as_string();
    };
    read("errorType", error.type);
    read("errorMessage", error.message);
    return error;
}

}  // namespace tributary::lambda_runtime
