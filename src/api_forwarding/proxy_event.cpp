#include "api_forwarding/proxy_event.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/base64.h"

namespace tributary::api_forwarding {
namespace {

namespace json = boost::json;

/// The text at a JSON pointer; empty where there is none.
std::string_view text_at(const json::value& value, std::string_view pointer) {
    json::error_code error;
    const json::value* const found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string_view(found->as_string())
                                                  : std::string_view();
}

std::string_view first_text_at(const json::value& value,
                               std::initializer_list<std::string_view> pointers) {
    for (const std::string_view pointer : pointers) {
        const std::string_view text = text_at(value, pointer);
        if (!text.empty()) return text;
    }
    return {};
}

std::string lower_case(std::string_view text) {
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return lower;
}

/// `headers`, and of `multiValueHeaders` those that are not in it (a load balancer sends only
/// them).
void read_headers(ProxyRequest& request, const json::object& event) {
    const json::value* const single = event.if_contains("headers");
    if (single != nullptr && single->is_object()) {
        for (const auto& [name, value] : single->as_object()) {
            if (!value.is_string()) continue;
            request.headers.emplace_back(lower_case(name), value.as_string());
        }
    }
    const json::value* const multiple = event.if_contains("multiValueHeaders");
    if (multiple == nullptr || !multiple->is_object()) return;
    for (const auto& [name, values] : multiple->as_object()) {
        std::string lower = lower_case(name);
        if (!request.header(lower).empty() || !values.is_array()) continue;
        const json::array& list = values.as_array();
        if (list.empty() || !list.back().is_string()) continue;
        request.headers.emplace_back(std::move(lower), list.back().as_string());
    }
}

Result<void> read_body(ProxyRequest& request, const json::object& event) {
    const json::value* const body = event.if_contains("body");
    if (body == nullptr || !body->is_string()) return {};
    const json::value* const is_base64 = event.if_contains("isBase64Encoded");
    if (is_base64 == nullptr || !is_base64->is_bool() || !is_base64->as_bool()) {
        request.body = body->as_string();
        return {};
    }
    auto decoded = base64_decode(body->as_string());
    if (!decoded) {
        return fail(ErrorCode::invalid_input,
                    "The event says that its body is base64, but it is not.");
    }
    request.body = std::move(*decoded);
    return {};
}

/// HTTP API events have the stage in their path, unless it is `$default`.
std::string_view without_stage(std::string_view path, std::string_view stage) {
    if (stage.empty() || !path.starts_with('/')) return path;
    const std::string_view rest = path.substr(1);
    if (!rest.starts_with(stage)) return path;
    const std::string_view behind = rest.substr(stage.size());
    return behind.starts_with('/') ? behind : path;
}

void read_rest_event(ProxyRequest& request, const json::value& event) {
    request.method = text_at(event, "/httpMethod");
    request.path = text_at(event, "/path");
    request.caller = first_text_at(
        event, {"/requestContext/authorizer/principalId", "/requestContext/authorizer/claims/sub",
                "/requestContext/identity/caller", "/requestContext/identity/apiKeyId"});
}

void read_http_event(ProxyRequest& request, const json::value& event) {
    request.method = text_at(event, "/requestContext/http/method");
    request.path =
        without_stage(text_at(event, "/rawPath"), text_at(event, "/requestContext/stage"));
    request.caller = first_text_at(event, {"/requestContext/authorizer/jwt/claims/sub",
                                           "/requestContext/authorizer/jwt/claims/client_id",
                                           "/requestContext/authorizer/lambda/principalId",
                                           "/requestContext/authorizer/iam/userId"});
}

}  // namespace

std::string_view ProxyRequest::header(std::string_view lower_case_name) const {
    const auto found =
        std::ranges::find(headers, lower_case_name, &std::pair<std::string, std::string>::first);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

Result<ProxyRequest> parse_proxy_event(std::string_view text) {
    json::error_code error;
    // The event may have 6 MB: one arena, thrown away as a whole.
    json::monotonic_resource memory(text.size() + 4'096);
    const json::value event = json::parse(text, error, &memory);
    ProxyRequest request;
    if (!error && event.is_object()) {
        if (text_at(event, "/version") == "2.0") {
            read_http_event(request, event);
        } else {
            read_rest_event(request, event);
        }
    }
    if (request.method.empty() || request.path.empty()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("This is no event of API Gateway (REST API, payload 1.0, or HTTP "
                                "API, payload 2.0), since it names no HTTP method and path: {}",
                                text.substr(0, 200)));
    }
    read_headers(request, event.as_object());
    if (auto body = read_body(request, event.as_object()); !body) {
        return std::unexpected(body.error());
    }
    return request;
}

std::string to_json(const ProxyResponse& response) {
    json::object headers;
    for (const auto& [name, value] : response.headers) headers[name] = value;
    std::string text = fmt::format(R"({{"statusCode":{},"headers":{},"body":)", response.status,
                                   json::serialize(headers));
    text += json::serialize(json::string_view(response.body));
    return text += R"(,"isBase64Encoded":false})";
}

}  // namespace tributary::api_forwarding
