#include <gtest/gtest.h>

#include "gateway/api_gateway_event.h"

namespace tributary::gateway {
namespace {

Result<http::Response> rest(const std::string& answer) {
    return from_proxy_response(PayloadVersion::rest, answer);
}

TEST(ProxyResponse, BecomesAnHttpResponse) {
    const auto response = rest(
        R"({"statusCode":207,"headers":{"Content-Type":"text/plain","X-N":5},"body":"hello"})");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 207);
    EXPECT_EQ(response->headers.get("content-type"), "text/plain");
    EXPECT_EQ(response->headers.get("X-N"), "5");
    EXPECT_EQ(response->body, "hello");
}

TEST(ProxyResponse, PrefersTheListOfAHeadersValues) {
    const auto response = rest(
        R"({"statusCode":200,"headers":{"A":"1","B":"2"},"multiValueHeaders":{"a":["3","4"]}})");
    ASSERT_TRUE(response);
    using Fields = std::vector<std::pair<std::string, std::string>>;
    EXPECT_EQ(response->headers.all(), (Fields{{"a", "3"}, {"a", "4"}, {"B", "2"}}));
}

TEST(ProxyResponse, DecodesABase64Body) {
    const auto response = rest(R"({"statusCode":200,"body":"AP8=","isBase64Encoded":true})");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, std::string("\0\xff", 2));
}

TEST(ProxyResponse, LeavesTheConnectionToTheServer) {
    const auto response = rest(
        R"({"statusCode":200,"headers":{"content-length":"9","Connection":"x","A":"1"},"body":""})");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->headers.all().size(), 1U);
}

TEST(ProxyResponse, IsMalformedWhereApiGatewayWouldSayIt) {
    for (const auto* answer : {
             "",
             "not json",
             "[]",
             "null",
             "\"text\"",
             "{}",
             R"({"body":"x"})",
             R"({"statusCode":"many"})",
             R"({"statusCode":99})",
             R"({"statusCode":700})",
             R"({"statusCode":100})",
             R"({"statusCode":200.5})",
             R"({"statusCode":200,"body":{}})",
             R"({"statusCode":200,"body":"!","isBase64Encoded":true})",
             R"({"statusCode":200,"headers":{"A":{}}})",
             R"({"statusCode":200,"headers":{"A B":"1"}})",
             R"({"statusCode":200,"headers":{"A":"1\r\nSet-Cookie: x"}})",
             R"({"statusCode":200,"multiValueHeaders":{"A":"1"}})",
         }) {
        const auto response = rest(answer);
        ASSERT_FALSE(response) << answer;
        EXPECT_EQ(response.error().code, ErrorCode::corrupt_data);
    }
}

TEST(ProxyResponse, OfTheHttpApiMayBeAnyJson) {
    const auto response = from_proxy_response(PayloadVersion::http, R"({"id":"a"})");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->headers.get("Content-Type"), "application/json");
    EXPECT_EQ(response->body, R"({"id":"a"})");
    EXPECT_EQ(from_proxy_response(PayloadVersion::http, "\"hi\"")->body, "hi");
    EXPECT_FALSE(from_proxy_response(PayloadVersion::http, "not json"));
}

TEST(ProxyResponse, OfTheHttpApiCarriesCookies) {
    const auto response =
        from_proxy_response(PayloadVersion::http, R"({"statusCode":204,"cookies":["a=1","b=2"]})");
    ASSERT_TRUE(response);
    ASSERT_EQ(response->headers.all().size(), 2U);
    EXPECT_EQ(response->headers.all()[1].second, "b=2");
}

}  // namespace
}  // namespace tributary::gateway
