#include "api_forwarding/api_function.h"

#include <boost/json.hpp>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

#include "base/manual_clock.h"
#include "telemetry/captured_log.h"

namespace tributary::api_forwarding {
namespace {

namespace json = boost::json;
using std::chrono::milliseconds;
using Headers = std::map<std::string, std::string>;

struct Answer {
    int status = 0;
    json::object headers;
    std::string text;
    json::value body;
};

class ApiFunctionTest : public ::testing::TestWithParam<bool> {
protected:
    /// The same request in both payload versions.
    [[nodiscard]] std::string event(const std::string& method, const std::string& path,
                                    const std::string& body, const Headers& headers) const {
        json::object fields;
        for (const auto& [name, value] : headers) fields[name] = value;
        json::object event{{"headers", fields}, {"body", body}, {"isBase64Encoded", false}};
        if (GetParam()) {
            event["version"] = "2.0";
            event["rawPath"] = path;
            event["requestContext"] = {{"stage", "$default"},
                                       {"http", {{"method", method}}},
                                       {"authorizer", {{"jwt", {{"claims", {{"sub", caller_}}}}}}}};
        } else {
            event["httpMethod"] = method;
            event["path"] = path;
            event["requestContext"] = {{"authorizer", {{"principalId", caller_}}}};
        }
        return json::serialize(event);
    }

    Answer ask(const std::string& body, const Headers& headers = {},
               const std::string& method = "POST", const std::string& path = "/events") {
        lambda_runtime::Invocation invocation;
        invocation.payload = event(method, path, body, headers);
        invocation.deadline = clock_.now() + time_left_;
        invocation.trace_id = xray_trace_id_;
        ApiFunction& function = exports_spans_ ? exporting_function_ : function_;
        const auto outcome = function.invoke(invocation);
        EXPECT_TRUE(outcome) << outcome.error().message;
        const json::object parsed = json::parse(*outcome).as_object();
        Answer answer;
        answer.status = static_cast<int>(parsed.at("statusCode").as_int64());
        answer.headers = parsed.at("headers").as_object();
        answer.text = std::string(parsed.at("body").as_string());
        if (!answer.text.empty()) answer.body = json::parse(answer.text);
        return answer;
    }

    producer_client::Sent produce(std::span<const event::Event> events, milliseconds limit) {
        limit_ = limit;
        producer_client::Sent sent;
        sent.retry_after = milliseconds(7'000);
        sent.unreachable = unreachable_;
        for (const event::Event& event : events) {
            sent_.push_back(event);
            if (failure_) {
                sent.outcomes.emplace_back(
                    std::unexpected(receipt::problem_of(*failure_, event.id)));
                continue;
            }
            receipt::Receipt receipt;
            receipt.id = event.id;
            receipt.type = event.type->name;
            receipt.topic = event.type->topic;
            receipt.offset = static_cast<std::int64_t>(sent_.size());
            sent.outcomes.emplace_back(std::move(receipt));
        }
        return sent;
    }

    ManualClock clock_;
    telemetry::CapturedLog log_{clock_};
    tracing::SpanQueue spans_{1'000};
    tracing::Tracer tracer_{0, clock_};
    tracing::Tracer exporting_tracer_{0, clock_, &spans_};
    bool exports_spans_ = false;
    event::Catalog catalog_ = event::Catalog::built_in();
    std::string caller_;
    std::string xray_trace_id_;
    milliseconds time_left_{28'000};
    milliseconds limit_{0};
    std::optional<Error> failure_;
    std::string unreachable_;
    std::vector<event::Event> sent_;
    Send send_ = [this](std::span<const event::Event> events, milliseconds limit) {
        return produce(events, limit);
    };
    ApiFunction function_{catalog_, send_, {}, clock_, log_, tracer_};
    ApiFunction exporting_function_{catalog_, send_, {}, clock_, log_, exporting_tracer_};
};

INSTANTIATE_TEST_SUITE_P(Payloads, ApiFunctionTest, ::testing::Values(false, true),
                         [](const auto& payload) { return payload.param ? "http" : "rest"; });

const char* const kOrder = R"({"type":"order","data":{"id":10248,"total":440}})";

TEST_P(ApiFunctionTest, WrapsAnEventAndPassesItsReceiptOn) {
    const Answer answer = ask(kOrder);
    EXPECT_EQ(answer.status, 200) << answer.text;
    EXPECT_EQ(answer.headers.at("content-type"), "application/json");
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(answer.body.at("id"), json::value(sent_[0].id));
    EXPECT_EQ(answer.body.at("topic"), "orders");
    EXPECT_EQ(sent_[0].source, "/api");
    EXPECT_EQ(sent_[0].subject, "10248");
    EXPECT_EQ(sent_[0].id.size(), 36U);  // made here, at the first hop
}

TEST_P(ApiFunctionTest, NamesTheCallerInTheSource) {
    caller_ = "auth0|7 é";
    ask(kOrder);
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].source, "/api/auth0%7C7%20%C3%A9");
}

TEST_P(ApiFunctionTest, UsesTheIdempotencyKeyAndTheTraceparent) {
    ask(kOrder, {{"Idempotency-Key", "a1"},
                 {"Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03"}});
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].id, "a1");
    EXPECT_EQ(sent_[0].traceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03");
}

TEST_P(ApiFunctionTest, WithoutATraceparentTheTraceIsTheInvocations) {
    xray_trace_id_ = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    ask(kOrder);
    ask(kOrder, {{"traceparent", "nonsense"}});
    xray_trace_id_.clear();
    ask(kOrder);
    ASSERT_EQ(sent_.size(), 3U);
    EXPECT_EQ(sent_[0].traceparent, "00-5759e988bd862e3fe1be46a994272793-53995c3f42cd8ad8-01");
    EXPECT_EQ(sent_[1].traceparent, sent_[0].traceparent);
    EXPECT_TRUE(tracing::is_traceparent(sent_[2].traceparent));
    EXPECT_FALSE(tracing::is_sampled(sent_[2].traceparent));
}

TEST_P(ApiFunctionTest, FollowsSampledEventsInItsLogAndNoOthers) {
    const std::string stem = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-";
    ask(kOrder, {{"traceparent", stem + "00"}});
    EXPECT_TRUE(log_.lines({}).empty());
    ask(kOrder, {{"Idempotency-Key", "a1"}, {"traceparent", stem + "01"}});
    EXPECT_EQ(log_.lines({}).size(), 1U);
    EXPECT_EQ(
        log_.lines({R"("action":"forward","id":"a1","outcome":"success")", R"("topic":"orders")",
                    R"("trace":{"id":"0af7651916cd43dd8448eb211c80319c"})"})
            .size(),
        1U);
    ask("{", {{"traceparent", stem + "01"}});
    ask(R"([{"type":"pear","data":{"id":1}}])", {{"traceparent", stem + "01"}});
    failure_ = Error(ErrorCode::timed_out, "No answer came in time.");
    ask(kOrder, {{"traceparent", stem + "01"}});
    EXPECT_EQ(log_.lines({R"("outcome":"failure")"}).size(), 2U);
    EXPECT_EQ(log_.lines({R"("outcome":"unknown")"}).size(), 1U);
}

TEST_P(ApiFunctionTest, WhatItForwardsBelongsToItsSpan) {
    const std::string client = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    exports_spans_ = true;
    failure_ = Error(ErrorCode::unavailable, "Nobody listens.");
    ask(kOrder, {{"traceparent", client}});
    const auto spans = spans_.take(10);
    ASSERT_EQ(spans.size(), 1U);
    EXPECT_EQ(spans[0].name, "POST /events");
    EXPECT_EQ(spans[0].parent_id, "b7ad6b7169203331");
    EXPECT_EQ(spans[0].failure, "503");
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].traceparent, spans[0].context.traceparent());
    ask(kOrder, {{"traceparent", client.substr(0, 53) + "00"}});
    EXPECT_TRUE(spans_.take(10).empty());
    EXPECT_EQ(sent_[1].traceparent, client.substr(0, 53) + "00");
}

TEST_P(ApiFunctionTest, RefusesAnEmptyIdempotencyKey) {
    const Answer answer = ask(R"({"type":"order","data":{"id":1}})", {{"Idempotency-Key", ""}});
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body.at("type"), "/problems/invalid-idempotency-key");
    EXPECT_FALSE(answer.body.at("id").as_string().empty());
}

TEST_P(ApiFunctionTest, TakesWhatCurlCallsAFormForJson) {
    const Answer answer = ask(R"({"type":"order","data":{"id":1}})",
                              {{"Content-Type", "application/x-www-form-urlencoded"}});
    EXPECT_EQ(answer.status, 200) << answer.text;
}

TEST_P(ApiFunctionTest, ReadsBinaryModeCloudEvents) {
    const Answer answer = ask(R"({"id":7})", {{"Content-Type", "application/json"},
                                              {"CE-SpecVersion", "1.0"},
                                              {"ce-id", "e7"},
                                              {"ce-source", "/shop"},
                                              {"ce-type", "product"}});
    EXPECT_EQ(answer.status, 200) << answer.text;
    ASSERT_EQ(sent_.size(), 1U);
    EXPECT_EQ(sent_[0].id, "e7");
    EXPECT_EQ(sent_[0].source, "/shop");
}

TEST_P(ApiFunctionTest, MergesItsOwnRefusalsWithTheProducersReceiptsInOrder) {
    const Answer answer =
        ask(std::string("[") + kOrder + R"(,{"type":"pear","data":{"id":1}},)" + kOrder + "]");
    EXPECT_EQ(answer.status, 207) << answer.text;
    const json::array& results = answer.body.at("results").as_array();
    ASSERT_EQ(results.size(), 3U);
    EXPECT_EQ(results[0].at("id"), json::value(sent_[0].id));
    EXPECT_EQ(results[1].at("status").as_int64(), 422);
    EXPECT_EQ(results[2].at("id"), json::value(sent_[1].id));
}

TEST_P(ApiFunctionTest, AsksNoProducerForWhatIsInvalid) {
    struct Row {
        const char* body;
        int status;
    };
    for (const Row& row :
         {Row{"", 400}, Row{"{", 400}, Row{R"({"type":"pear","data":{"a":1}})", 422},
          Row{R"([{"type":"pear","data":{"a":1}}])", 422}}) {
        const Answer answer = ask(row.body);
        EXPECT_EQ(answer.status, row.status) << answer.text;
    }
    EXPECT_EQ(ask("<a/>", {{"Content-Type", "text/xml"}}).status, 415);
    EXPECT_EQ(ask(kOrder, {{"Content-Encoding", "gzip"}}).status, 415);
    EXPECT_TRUE(sent_.empty());
}

TEST_P(ApiFunctionTest, AProducerThatIsAwayIs503WithRetryAfter) {
    failure_ = Error(ErrorCode::unavailable, "Nobody listens.");
    const Answer answer = ask(kOrder);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.at("content-type"), "application/problem+json");
    EXPECT_EQ(answer.headers.at("retry-after"), "7");
    EXPECT_TRUE(answer.body.at("retry_safe").as_bool());
}

TEST_P(ApiFunctionTest, AnUnknownFateIs504WithTheId) {
    failure_ = Error(ErrorCode::timed_out, "No answer came in time.");
    const Answer answer = ask(kOrder);
    EXPECT_EQ(answer.status, 504);
    EXPECT_EQ(answer.body.at("fate"), "unknown");
    EXPECT_EQ(answer.body.at("id"), json::value(sent_[0].id));
}

TEST_P(ApiFunctionTest, AFailureIsLoggedByItsKindWithoutWhatWasSent) {
    failure_ = Error(ErrorCode::unavailable, "Nobody took {\"note\":\"marzipan\"}.");
    EXPECT_EQ(ask(R"({"type":"order","data":{"note":"marzipan"}})").status, 503);
    EXPECT_EQ(
        log_.lines({"not answered with receipts", R"("status_code":503)", R"("type":"/problems/)"})
            .size(),
        1U);
    EXPECT_TRUE(log_.lines({"marzipan"}).empty());
}

TEST_P(ApiFunctionTest, WhyTheProducerCannotBeReachedIsLogged) {
    unreachable_ = "producer.example: the name is not known.";
    failure_ = Error(ErrorCode::unavailable, unreachable_);
    EXPECT_EQ(ask(kOrder).status, 503);
    EXPECT_EQ(log_.lines({"not answered with receipts",
                          R"("message":"producer.example: the name is not known.")"})
                  .size(),
              1U);
}

TEST_P(ApiFunctionTest, GivesTheProducerNoMoreTimeThanItHas) {
    ask(kOrder);
    EXPECT_EQ(limit_, milliseconds(25'000));
    time_left_ = milliseconds(3'000);
    ask(kOrder);
    EXPECT_EQ(limit_, milliseconds(2'500));
}

TEST_P(ApiFunctionTest, AnswersWhatIsNotAnEventWithAProblem) {
    EXPECT_EQ(ask("", {}, "GET").status, 405);
    EXPECT_EQ(ask("", {}, "GET").headers.at("allow"), "POST, OPTIONS");
    EXPECT_EQ(ask("", {}, "GET", "/").status, 404);
    EXPECT_EQ(ask(kOrder, {}, "POST", "/eventss").status, 404);
    EXPECT_EQ(ask(kOrder, {}, "POST", "/v1/events/").status, 200);
}

TEST_P(ApiFunctionTest, AnswersAPreflight) {
    const Answer answer = ask("", {}, "OPTIONS");
    EXPECT_EQ(answer.status, 204);
    EXPECT_EQ(answer.headers.at("access-control-allow-methods"), "POST, OPTIONS");
    EXPECT_NE(answer.headers.at("access-control-allow-headers").as_string().find("idempotency-key"),
              std::string_view::npos);
    EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "*");
    EXPECT_EQ(ask(kOrder).headers.at("access-control-allow-origin"), "*");
}

TEST_P(ApiFunctionTest, WhatIsNoRequestIsAnErrorOfTheFunction) {
    lambda_runtime::Invocation invocation;
    invocation.payload = R"({"Records":[]})";
    const auto outcome = function_.invoke(invocation);
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().type, "Tributary.InvalidEvent");
    EXPECT_NE(outcome.error().message.find("API Gateway"), std::string::npos);
}

}  // namespace
}  // namespace tributary::api_forwarding
