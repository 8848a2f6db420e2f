#include "api_forwarding/proxy_event.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <string>

namespace tributary::api_forwarding {
namespace {

TEST(ProxyEvent, ReadsTheRestApisPayload) {
    const auto request = parse_proxy_event(R"({
        "resource":"/events","path":"/events","httpMethod":"POST",
        "headers":{"Content-Type":"application/json","IDEMPOTENCY-key":"k1","X-None":null},
        "multiValueHeaders":{"content-type":["text/plain"],"Only-Here":["a","b"]},
        "requestContext":{"stage":"prod","path":"/prod/events","authorizer":{"principalId":"ann"}},
        "body":"{\"a\":\"\u00e9\"}","isBase64Encoded":false})");
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->path, "/events");
    EXPECT_EQ(request->header("content-type"), "application/json");
    EXPECT_EQ(request->header("idempotency-key"), "k1");
    EXPECT_EQ(request->header("only-here"), "b");
    EXPECT_EQ(request->header("x-none"), "");
    EXPECT_EQ(request->body, "{\"a\":\"\xC3\xA9\"}");
    EXPECT_EQ(request->caller, "ann");
}

TEST(ProxyEvent, ReadsTheHttpApisPayloadWithItsStage) {
    const auto request = parse_proxy_event(R"({
        "version":"2.0","routeKey":"$default","rawPath":"/prod/events","rawQueryString":"",
        "headers":{"content-type":"application/x-ndjson"},
        "requestContext":{"stage":"prod","http":{"method":"POST","path":"/prod/events"},
            "authorizer":{"jwt":{"claims":{"sub":"bob"}}}},
        "body":"eyJhIjoxfQ==","isBase64Encoded":true})");
    ASSERT_TRUE(request) << request.error().message;
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->path, "/events");
    EXPECT_EQ(request->header("content-type"), "application/x-ndjson");
    EXPECT_EQ(request->body, R"({"a":1})");
    EXPECT_EQ(request->caller, "bob");
}

TEST(ProxyEvent, TakesTheStageOnlyWhereItStands) {
    struct Row {
        const char* stage;
        const char* raw_path;
        const char* path;
    };
    for (const Row& row : {Row{"$default", "/events", "/events"},
                           Row{"prod", "/production/events", "/production/events"},
                           Row{"events", "/events", "/events"}, Row{"prod", "/prod/", "/"}}) {
        const auto request = parse_proxy_event(std::string(R"({"version":"2.0","rawPath":")") +
                                               row.raw_path + R"(","requestContext":{"stage":")" +
                                               row.stage + R"(","http":{"method":"GET"}}})");
        ASSERT_TRUE(request);
        EXPECT_EQ(request->path, row.path);
    }
}

TEST(ProxyEvent, NamesTheCallerOfEveryKindOfAuthorizer) {
    struct Row {
        const char* context;
        const char* caller;
    };
    const Row rest[] = {
        {R"({"authorizer":{"principalId":"p"},"identity":{"caller":"c"}})", "p"},
        {R"({"authorizer":{"claims":{"sub":"s"}}})", "s"},
        {R"({"identity":{"caller":"AIDA:x"}})", "AIDA:x"},
        {R"({"identity":{"caller":null,"apiKeyId":"key7"}})", "key7"},
        {R"({"identity":{"caller":null},"authorizer":null})", ""},
        {R"({})", ""},
        {R"(null)", ""},
    };
    for (const Row& row : rest) {
        const auto request = parse_proxy_event(
            std::string(R"({"httpMethod":"POST","path":"/events","requestContext":)") +
            row.context + "}");
        ASSERT_TRUE(request) << row.context;
        EXPECT_EQ(request->caller, row.caller) << row.context;
    }
    const Row http[] = {
        {R"({"jwt":{"claims":{"sub":"s"}}})", "s"},
        {R"({"jwt":{"claims":{"client_id":"machine"}}})", "machine"},
        {R"({"lambda":{"principalId":"l"}})", "l"},
        {R"({"iam":{"userId":"AIDA"}})", "AIDA"},
        {R"({"jwt":{"claims":{"claim1":"value1"}}})", ""},
    };
    for (const Row& row : http) {
        const auto request = parse_proxy_event(
            std::string(R"({"version":"2.0","rawPath":"/events","requestContext":)") +
            R"({"http":{"method":"POST"},"authorizer":)" + row.context + "}}");
        ASSERT_TRUE(request) << row.context;
        EXPECT_EQ(request->caller, row.caller) << row.context;
    }
}

TEST(ProxyEvent, MissingBodiesAndHeadersAreEmpty) {
    for (const char* rest : {"", R"(,"body":null,"headers":null,"multiValueHeaders":null)"}) {
        const auto request =
            parse_proxy_event(std::string(R"({"httpMethod":"POST","path":"/events")") + rest + "}");
        ASSERT_TRUE(request);
        EXPECT_EQ(request->body, "");
        EXPECT_TRUE(request->headers.empty());
    }
}

TEST(ProxyEvent, RefusesWhatIsNoEventOfApiGateway) {
    for (const char* text :
         {"", "{", "[]", "null", "7", "{}", R"({"Records":[]})", R"({"httpMethod":"GET"})",
          R"({"httpMethod":7,"path":"/"})", R"({"version":"2.0","rawPath":"/"})",
          R"({"httpMethod":"POST","path":"/","body":"!","isBase64Encoded":true})"}) {
        const auto request = parse_proxy_event(text);
        ASSERT_FALSE(request) << text;
        EXPECT_EQ(request.error().code, ErrorCode::invalid_input);
        EXPECT_GT(request.error().message.size(), 40U);
    }
}

TEST(ProxyResponse, IsWhatBothPayloadVersionsTake) {
    ProxyResponse response;
    response.status = 422;
    response.headers = {{"content-type", "application/problem+json"}};
    response.body = "{\"a\":\"x\\n\"}";
    const auto parsed = boost::json::parse(to_json(response));
    EXPECT_EQ(parsed.at("statusCode").as_int64(), 422);
    EXPECT_EQ(parsed.at("headers").at("content-type"), "application/problem+json");
    EXPECT_EQ(parsed.at("body"), boost::json::value(response.body));
    EXPECT_FALSE(parsed.at("isBase64Encoded").as_bool());
}

}  // namespace
}  // namespace tributary::api_forwarding
