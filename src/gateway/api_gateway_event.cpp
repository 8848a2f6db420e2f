#include "gateway/api_gateway_event.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "gateway/text_encoding.h"

namespace tributary::gateway {
namespace {

namespace json = boost::json;

constexpr std::string_view kAccount = "000000000000";
constexpr std::string_view kApiId = "local";
constexpr std::string_view kProtocol = "HTTP/1.1";

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return result;
}

/// What is not valid UTF-8 cannot stand in JSON; Latin-1 is what HTTP once meant.
std::string as_utf8(std::string_view text) {
    if (is_utf8(text)) return std::string(text);
    std::string result;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x80) {
            result += c;
        } else {
            result += static_cast<char>(0xc0U | byte >> 6U);
            result += static_cast<char>(0x80U | (byte & 0x3fU));
        }
    }
    return result;
}

std::string decoded(std::string_view text) {
    return as_utf8(http::percent_decode(text, true).value_or(std::string(text)));
}

Pairs parameters_of(std::string_view query) {
    Pairs parameters;
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), pair.size() + 1));
        if (pair.empty()) continue;
        const std::string_view name = pair.substr(0, pair.find('='));
        const std::string_view value = pair.substr(std::min(pair.size(), name.size() + 1));
        parameters.emplace_back(decoded(name), decoded(value));
    }
    return parameters;
}

/// The request's header fields and those that API Gateway adds.
Pairs headers_of(const http::Request& request, const RequestFacts& facts) {
    Pairs headers;
    std::string forwarded_for = request.remote_address;
    for (const auto& [name, value] : request.headers.all()) {
        const std::string key = lower(name);
        if (key == "x-forwarded-for") {
            forwarded_for = as_utf8(value) + ", " + request.remote_address;
        } else if (key != "x-forwarded-port" && key != "x-forwarded-proto" &&
                   key != "x-amzn-trace-id" && key != "connection" && key != "transfer-encoding") {
            headers.emplace_back(name, as_utf8(value));
        }
    }
    const std::string_view host = request.headers.get("Host");
    const auto colon = host.rfind(':');
    headers.emplace_back("X-Amzn-Trace-Id", facts.trace_id);
    headers.emplace_back("X-Forwarded-For", forwarded_for);
    headers.emplace_back("X-Forwarded-Port",
                         colon == std::string_view::npos ? "80" : host.substr(colon + 1));
    headers.emplace_back("X-Forwarded-Proto", "http");
    return headers;
}

/// `{name: last value}`; null where there is none, as the REST API has it.
json::value last_values(const Pairs& pairs) {
    if (pairs.empty()) return nullptr;
    json::object values;
    for (const auto& [name, value] : pairs) values[name] = value;
    return values;
}

json::value all_values(const Pairs& pairs) {
    if (pairs.empty()) return nullptr;
    json::object values;
    for (const auto& [name, value] : pairs) {
        json::value& list = values[name];
        if (!list.is_array()) list = json::array{};
        list.as_array().emplace_back(value);
    }
    return values;
}

/// `{name: "first,second"}`, as the HTTP API has it.
json::object joined_values(const Pairs& pairs) {
    json::object values;
    for (const auto& [name, value] : pairs) {
        json::value& joined = values[name];
        joined = joined.is_string() ? std::string(joined.as_string()) + ',' + value : value;
    }
    return values;
}

/// `21/Apr/2020:15:08:21 +0000`
std::string request_time(Timestamp time) {
    return fmt::format("{:%d/%b/%Y:%H:%M:%S} +0000",
                       std::chrono::floor<std::chrono::seconds>(time));
}

void add_body(json::object& event, const http::Request& request) {
    const bool is_text = is_utf8(request.body);
    event["body"] = is_text ? request.body : base64_encode(request.body);
    event["isBase64Encoded"] = !is_text;
}

json::object rest_event(const http::Request& request, const RequestFacts& facts) {
    const Pairs headers = headers_of(request, facts);
    const Pairs parameters = parameters_of(request.query());
    const std::string path = as_utf8(request.path());
    json::object identity;
    for (const auto* name : {"accessKey", "accountId", "caller", "cognitoAuthenticationProvider",
                             "cognitoAuthenticationType", "cognitoIdentityId",
                             "cognitoIdentityPoolId", "user", "userArn"}) {
        identity[name] = nullptr;
    }
    identity["sourceIp"] = request.remote_address;
    identity["userAgent"] = as_utf8(request.headers.get("User-Agent"));
    json::object event{
        {"resource", path},
        {"path", path},
        {"httpMethod", request.method},
        {"headers", last_values(headers)},
        {"multiValueHeaders", all_values(headers)},
        {"queryStringParameters", last_values(parameters)},
        {"multiValueQueryStringParameters", all_values(parameters)},
        {"pathParameters", nullptr},
        {"stageVariables", nullptr},
        {"requestContext", json::object{{"accountId", kAccount},
                                        {"apiId", kApiId},
                                        {"domainName", as_utf8(request.headers.get("Host"))},
                                        {"extendedRequestId", facts.request_id},
                                        {"httpMethod", request.method},
                                        {"identity", std::move(identity)},
                                        {"path", "/local" + path},
                                        {"protocol", kProtocol},
                                        {"requestId", facts.request_id},
                                        {"requestTime", request_time(facts.time)},
                                        {"requestTimeEpoch", facts.time.time_since_epoch().count()},
                                        {"resourceId", kApiId},
                                        {"resourcePath", path},
                                        {"stage", "local"}}},
    };
    add_body(event, request);
    if (request.body.empty()) event["body"] = nullptr;
    return event;
}

/// Lower-case names; cookies apart.
json::object http_headers(const Pairs& headers, json::array& cookies) {
    Pairs fields;
    for (const auto& [name, value] : headers) {
        std::string key = lower(name);
        if (key != "cookie") {
            fields.emplace_back(std::move(key), value);
            continue;
        }
        for (std::string_view rest = value; !rest.empty();) {
            const std::string_view cookie = rest.substr(0, rest.find(';'));
            rest.remove_prefix(std::min(rest.size(), cookie.size() + 1));
            const auto begin = std::min(cookie.find_first_not_of(' '), cookie.size());
            if (begin < cookie.size()) cookies.emplace_back(cookie.substr(begin));
        }
    }
    return joined_values(fields);
}

json::object http_event(const http::Request& request, const RequestFacts& facts) {
    json::array cookies;
    const std::string path = as_utf8(request.path());
    const std::string route = request.method + ' ' + path;
    json::object event{
        {"version", "2.0"},
        {"routeKey", route},
        {"rawPath", path},
        {"rawQueryString", as_utf8(request.query())},
        {"headers", http_headers(headers_of(request, facts), cookies)},
        {"requestContext",
         json::object{
             {"accountId", kAccount},
             {"apiId", kApiId},
             {"domainName", as_utf8(request.headers.get("Host"))},
             {"domainPrefix", kApiId},
             {"http", json::object{{"method", request.method},
                                   {"path", path},
                                   {"protocol", kProtocol},
                                   {"sourceIp", request.remote_address},
                                   {"userAgent", as_utf8(request.headers.get("User-Agent"))}}},
             {"requestId", facts.request_id},
             {"routeKey", route},
             {"stage", "$default"},
             {"time", request_time(facts.time)},
             {"timeEpoch", facts.time.time_since_epoch().count()}}},
    };
    if (!cookies.empty()) event["cookies"] = std::move(cookies);
    json::object parameters = joined_values(parameters_of(request.query()));
    if (!parameters.empty()) event["queryStringParameters"] = std::move(parameters);
    add_body(event, request);
    if (request.body.empty()) event.erase("body");
    return event;
}

/// `00-<32 hex>-<16 hex>-<2 hex>`, version 00 or later.
bool is_traceparent(std::string_view text) {
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    return std::ranges::all_of(text.substr(3, 32), is_hex) &&
           std::ranges::all_of(text.substr(36, 16), is_hex) &&
           std::ranges::all_of(text.substr(53, 2), is_hex);
}

}  // namespace

std::string trace_id_of(const http::Request& request, const std::string& request_id,
                        Timestamp time) {
    const std::string_view given = request.headers.get("X-Amzn-Trace-Id");
    if (!given.empty()) return as_utf8(given);
    const std::string_view parent = request.headers.get("traceparent");
    if (is_traceparent(parent)) {
        const bool is_sampled = std::string_view("13579bdf").contains(parent[54]);
        return fmt::format("Root=1-{}-{};Parent={};Sampled={}", parent.substr(3, 8),
                           parent.substr(11, 24), parent.substr(36, 16), is_sampled ? 1 : 0);
    }
    std::string digits = request_id;
    std::erase(digits, '-');
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    return fmt::format("Root=1-{:08x}-{}", seconds,
                       digits.substr(std::min<std::size_t>(8, digits.size())));
}

std::string to_event(PayloadVersion version, const http::Request& request,
                     const RequestFacts& facts) {
    switch (version) {
        case PayloadVersion::rest: return json::serialize(rest_event(request, facts));
        case PayloadVersion::http: return json::serialize(http_event(request, facts));
    }
    return {};
}

}  // namespace tributary::gateway
