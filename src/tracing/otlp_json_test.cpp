#include "tracing/otlp_json.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tributary::tracing {
namespace {

namespace json = boost::json;

Span a_span() {
    Span span;
    span.context = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    span.parent_id = "b7ad6b7169203331";
    span.name = "publish orders";
    span.kind = Span::Kind::producer;
    span.began_at = Timestamp(std::chrono::milliseconds(1'780'000'000'123));
    span.duration = std::chrono::microseconds(2'500);
    span.set("messaging.destination.name", "orders");
    span.set("messaging.batch.message_count", std::int64_t{9'007'199'254'740'993});
    return span;
}

TEST(OtlpJson, SaysWhoMadeTheSpansAndWhatTheyAre) {
    const Span span = a_span();
    const json::value body =
        json::parse(to_otlp_json({"tributary-producer", "1.2"}, std::span(&span, 1)));
    const json::value& resource = body.at("resourceSpans").at(0);
    EXPECT_EQ(resource.at("resource").at("attributes"), json::parse(R"([
        {"key":"service.name","value":{"stringValue":"tributary-producer"}},
        {"key":"service.version","value":{"stringValue":"1.2"}}])"));
    EXPECT_EQ(resource.at("scopeSpans").at(0).at("spans"), json::parse(R"([{
        "traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7",
        "parentSpanId":"b7ad6b7169203331","name":"publish orders","kind":4,
        "startTimeUnixNano":"1780000000123000000","endTimeUnixNano":"1780000000125500000",
        "attributes":[
            {"key":"messaging.destination.name","value":{"stringValue":"orders"}},
            {"key":"messaging.batch.message_count","value":{"intValue":"9007199254740993"}}]}])"));
}

TEST(OtlpJson, AFailureIsTheSpansStatusAndTheFirstSpanHasNoParent) {
    Span span = a_span();
    span.parent_id.clear();
    span.failure = "unavailable";
    const json::value body = json::parse(to_otlp_json({"s", "1"}, std::span(&span, 1)));
    const json::object& written =
        body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").at(0).as_object();
    EXPECT_EQ(written.at("status"), json::parse(R"({"code":2,"message":"unavailable"})"));
    EXPECT_FALSE(written.contains("parentSpanId"));
}

TEST(OtlpJson, ReadsHowManySpansWereRefused) {
    EXPECT_EQ(rejected_spans(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}})"), 3U);
    EXPECT_EQ(rejected_spans(R"({"partialSuccess":{"rejectedSpans":4}})"), 4U);
    for (const char* answer : {"", "{}", "no json", R"({"partialSuccess":{}})", "[]"}) {
        EXPECT_EQ(rejected_spans(answer), 0U) << answer;
    }
}

}  // namespace
}  // namespace tributary::tracing
