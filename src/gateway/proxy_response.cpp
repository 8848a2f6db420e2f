#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string_view>

#include "base/base64.h"
#include "gateway/api_gateway_event.h"

namespace tributary::gateway {
namespace {

namespace json = boost::json;

std::unexpected<Error> malformed(std::string_view what) {
    return fail(ErrorCode::corrupt_data,
                fmt::format("The function's answer is no Lambda proxy response: {}.", what));
}

/// Numbers and booleans are taken as their text, as API Gateway does.
std::optional<std::string> scalar_text(const json::value& value) {
    if (value.is_string()) return std::string(value.as_string());
    if (value.is_number() || value.is_bool()) return json::serialize(value);
    return std::nullopt;
}

std::optional<int> status_of(const json::value& value) {
    const std::optional<std::string> text = scalar_text(value);
    if (!text) return std::nullopt;
    int status = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), status);
    const bool is_number = error == std::errc{} && end == text->data() + text->size();
    return is_number && status >= 200 && status <= 599 ? std::optional(status) : std::nullopt;
}

bool is_header(std::string_view name, std::string_view value) {
    const auto is_token = [](char c) { return c > ' ' && c < 127 && c != ':'; };
    const auto is_harmless = [](char c) { return c != '\r' && c != '\n' && c != '\0'; };
    return !name.empty() && std::ranges::all_of(name, is_token) &&
           std::ranges::all_of(value, is_harmless);
}

bool equals_without_case(std::string_view left, std::string_view right) {
    return std::ranges::equal(left, right, [](char a, char b) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c + 0; };
        return lower(a) == lower(b);
    });
}

/// These belong to the connection, which is ours.
bool is_connections_own(std::string_view name) {
    return equals_without_case(name, "Content-Length") || equals_without_case(name, "Connection") ||
           equals_without_case(name, "Transfer-Encoding");
}

Result<void> add_header(http::Response& response, std::string_view name, const json::value& value) {
    const std::optional<std::string> text = scalar_text(value);
    if (!text || !is_header(name, *text)) {
        return malformed(
            fmt::format("its header {} is not one", json::serialize(json::string(name))));
    }
    if (!is_connections_own(name)) response.headers.add(std::string(name), *text);
    return {};
}

const json::object* object_at(const json::object& answer, std::string_view name) {
    const json::value* value = answer.if_contains(name);
    return value == nullptr ? nullptr : value->if_object();
}

Result<void> add_headers(http::Response& response, const json::object& answer) {
    const json::object* lists = object_at(answer, "multiValueHeaders");
    if (lists != nullptr) {
        for (const auto& [name, values] : *lists) {
            if (!values.is_array()) return malformed("a multi-value header is not a list");
            for (const json::value& value : values.as_array()) {
                if (auto added = add_header(response, name, value); !added) return added;
            }
        }
    }
    if (const json::object* headers = object_at(answer, "headers")) {
        for (const auto& [name, value] : *headers) {
            // The list counts where both have the name.
            if (lists != nullptr && response.headers.contains(name)) continue;
            if (auto added = add_header(response, name, value); !added) return added;
        }
    }
    const json::value* cookies = answer.if_contains("cookies");
    if (cookies == nullptr || !cookies->is_array()) return {};
    for (const json::value& cookie : cookies->as_array()) {
        if (auto added = add_header(response, "Set-Cookie", cookie); !added) return added;
    }
    return {};
}

Result<std::string> body_of(const json::object& answer) {
    const json::value* body = answer.if_contains("body");
    if (body == nullptr || body->is_null()) return std::string();
    if (!body->is_string()) return malformed("its body is not a string");
    const json::value* encoded = answer.if_contains("isBase64Encoded");
    const std::string_view text = body->as_string();
    if (encoded == nullptr || !encoded->is_bool() || !encoded->as_bool()) return std::string(text);
    auto bytes = base64_decode(text);
    if (!bytes) return malformed("its body is said to be base64 and is not");
    return std::move(*bytes);
}

}  // namespace

Result<http::Response> from_proxy_response(PayloadVersion version, const std::string& answer) {
    boost::system::error_code error;
    const json::value parsed = json::parse(answer, error);
    if (error) return malformed("it is not JSON");
    const json::object* fields = parsed.if_object();
    http::Response response;
    const json::value* status = fields == nullptr ? nullptr : fields->if_contains("statusCode");
    if (status == nullptr && version == PayloadVersion::http) {
        response.headers.add("Content-Type", "application/json");
        response.body = parsed.is_string() ? std::string(parsed.as_string()) : answer;
        return response;
    }
    if (fields == nullptr) return malformed("it is not an object");
    const std::optional<int> code = status == nullptr ? std::nullopt : status_of(*status);
    if (!code) return malformed("its statusCode is missing or not between 200 and 599");
    response.status = *code;
    if (auto added = add_headers(response, *fields); !added) return std::unexpected(added.error());
    auto body = body_of(*fields);
    if (!body) return std::unexpected(body.error());
    response.body = std::move(*body);
    if (!response.headers.contains("Content-Type") && !response.body.empty()) {
        response.headers.add("Content-Type", "application/json");
    }
    return response;
}

}  // namespace tributary::gateway
