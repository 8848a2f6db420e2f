#include "gateway/api_gateway_event.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "base/base64.h"
#include "gateway/text_encoding.h"

namespace tributary::gateway {
namespace {

namespace json = boost::json;

constexpr Timestamp kTime{std::chrono::milliseconds(1'587'481'701'067)};
RequestFacts facts() {
    return {"request-1", "Root=1-5e9f0c65-abc", kTime};
}

http::Request post(std::string body = R"({"type":"order"})") {
    http::Request request;
    request.method = "POST";
    request.target = "/events";
    request.headers.add("Host", "localhost:8080");
    request.headers.add("Content-Type", "application/json");
    request.headers.add("User-Agent", "curl/7.88.1");
    request.remote_address = "192.0.2.7";
    request.body = std::move(body);
    return request;
}

json::value rest(const http::Request& request) {
    return json::parse(to_event(PayloadVersion::rest, request, facts()));
}
json::value http_api(const http::Request& request) {
    return json::parse(to_event(PayloadVersion::http, request, facts()));
}

std::set<std::string> names(const json::value& object) {
    std::set<std::string> result;
    for (const auto& field : object.as_object()) result.insert(std::string(field.key()));
    return result;
}

TEST(RestEvent, HasTheShapeThatAwsDocuments) {
    const auto event = rest(post());
    EXPECT_EQ(names(event),
              (std::set<std::string>{
                  "resource", "path", "httpMethod", "headers", "multiValueHeaders",
                  "queryStringParameters", "multiValueQueryStringParameters", "pathParameters",
                  "stageVariables", "requestContext", "body", "isBase64Encoded"}));
    EXPECT_EQ(event.at("httpMethod"), "POST");
    EXPECT_EQ(event.at("path"), "/events");
    EXPECT_EQ(event.at("body"), R"({"type":"order"})");
    EXPECT_EQ(event.at("isBase64Encoded"), false);
    EXPECT_TRUE(event.at("queryStringParameters").is_null());
    const auto& context = event.at("requestContext");
    EXPECT_EQ(context.at("requestId"), "request-1");
    EXPECT_EQ(context.at_pointer("/identity/sourceIp"), "192.0.2.7");
    EXPECT_EQ(context.at_pointer("/identity/userAgent"), "curl/7.88.1");
    EXPECT_EQ(context.at("requestTime"), "21/Apr/2020:15:08:21 +0000");
    EXPECT_EQ(context.at("requestTimeEpoch").to_number<std::int64_t>(), 1'587'481'701'067);
    EXPECT_EQ(context.at("stage"), "local");
    EXPECT_EQ(context.at("httpMethod"), "POST");
}

TEST(RestEvent, KeepsEveryValueOfHeadersAndParameters) {
    auto request = post();
    request.target = "/events?a=1&b=x%20y&a=2&flag&c=p+q";
    request.headers.add("X-Tag", "one");
    request.headers.add("X-Tag", "two");
    const auto event = rest(request);
    EXPECT_EQ(event.at_pointer("/headers/X-Tag"), "two") << "the last one";
    EXPECT_EQ(event.at_pointer("/multiValueHeaders/X-Tag"), (json::array{"one", "two"}));
    EXPECT_EQ(event.at("queryStringParameters"),
              (json::object{{"a", "2"}, {"b", "x y"}, {"flag", ""}, {"c", "p q"}}));
    EXPECT_EQ(event.at_pointer("/multiValueQueryStringParameters/a"), (json::array{"1", "2"}));
}

TEST(RestEvent, AddsWhatApiGatewayAdds) {
    auto request = post();
    request.headers.add("X-Forwarded-For", "203.0.113.1");
    request.headers.add("X-Forwarded-Proto", "forged");
    const auto headers = rest(request).at("headers");
    EXPECT_EQ(headers.at("X-Forwarded-For"), "203.0.113.1, 192.0.2.7");
    EXPECT_EQ(headers.at("X-Forwarded-Proto"), "http");
    EXPECT_EQ(headers.at("X-Forwarded-Port"), "8080");
    EXPECT_EQ(headers.at("X-Amzn-Trace-Id"), "Root=1-5e9f0c65-abc");
}

TEST(RestEvent, SendsBytesThatAreNoTextInBase64) {
    const std::string bytes("\x1f\x8b\x00\xff", 4);
    const auto event = rest(post(bytes));
    EXPECT_EQ(event.at("isBase64Encoded"), true);
    EXPECT_EQ(base64_decode(event.at("body").as_string()), bytes);
}

TEST(RestEvent, HasNoBodyWhereThereIsNone) {
    EXPECT_TRUE(rest(post("")).at("body").is_null());
}

TEST(HttpEvent, HasTheShapeThatAwsDocuments) {
    auto request = post();
    request.target = "/events?a=1&a=2&b=x%20y";
    request.headers.add("X-Tag", "one");
    request.headers.add("X-Tag", "two");
    request.headers.add("Cookie", "c1=v1; c2=v2");
    const auto event = http_api(request);
    EXPECT_EQ(names(event),
              (std::set<std::string>{"version", "routeKey", "rawPath", "rawQueryString", "cookies",
                                     "headers", "queryStringParameters", "requestContext", "body",
                                     "isBase64Encoded"}));
    EXPECT_EQ(event.at("version"), "2.0");
    EXPECT_EQ(event.at("routeKey"), "POST /events");
    EXPECT_EQ(event.at("rawQueryString"), "a=1&a=2&b=x%20y");
    EXPECT_EQ(event.at("queryStringParameters"), (json::object{{"a", "1,2"}, {"b", "x y"}}));
    EXPECT_EQ(event.at("cookies"), (json::array{"c1=v1", "c2=v2"}));
    EXPECT_EQ(event.at_pointer("/headers/x-tag"), "one,two");
    EXPECT_EQ(event.at_pointer("/headers/content-type"), "application/json");
    EXPECT_FALSE(event.at("headers").as_object().contains("cookie"));
    const auto& context = event.at("requestContext");
    EXPECT_EQ(context.at("stage"), "$default");
    EXPECT_EQ(context.at("requestId"), "request-1");
    EXPECT_EQ(context.at("time"), "21/Apr/2020:15:08:21 +0000");
    EXPECT_EQ(context.at("timeEpoch").to_number<std::int64_t>(), 1'587'481'701'067);
    EXPECT_EQ(context.at("http"), (json::object{{"method", "POST"},
                                                {"path", "/events"},
                                                {"protocol", "HTTP/1.1"},
                                                {"sourceIp", "192.0.2.7"},
                                                {"userAgent", "curl/7.88.1"}}));
}

TEST(HttpEvent, LeavesOutWhatIsNotThere) {
    const auto event = http_api(post(""));
    for (const auto* name : {"body", "cookies", "queryStringParameters"}) {
        EXPECT_FALSE(event.as_object().contains(name)) << name;
    }
}

TEST(GatewayEvent, IsValidJsonWhateverTheClientSends) {
    auto request = post("\xff");
    request.target = "/events?a=%ff&%zz=1&=&&b";
    request.headers.add("X-Latin", "caf\xe9");
    for (const auto version : {PayloadVersion::rest, PayloadVersion::http}) {
        const std::string event = to_event(version, request, facts());
        EXPECT_TRUE(is_utf8(event));
        EXPECT_NO_THROW(static_cast<void>(json::parse(event)));
    }
    EXPECT_EQ(rest(request).at_pointer("/headers/X-Latin"), "café");
}

TEST(TraceId, ContinuesTheCallersTrace) {
    auto request = post();
    request.headers.add("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    EXPECT_EQ(trace_id_of(request, "id", kTime),
              "Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent=00f067aa0ba902b7;Sampled=1");
    request.headers.set("X-Amzn-Trace-Id", "Root=1-a-b");
    EXPECT_EQ(trace_id_of(request, "id", kTime), "Root=1-a-b");
}

TEST(TraceId, IsMadeWhereThereIsNone) {
    auto request = post();
    request.headers.add("traceparent", "00-broken");
    EXPECT_EQ(trace_id_of(request, "01896a4c-7b1c-7d3e-8a2b-112233445566", kTime),
              "Root=1-5e9f0c65-7b1c7d3e8a2b112233445566");
}

}  // namespace
}  // namespace tributary::gateway
