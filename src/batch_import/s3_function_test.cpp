#include "batch_import/s3_function.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "batch_import/testing.h"

namespace tributary::batch_import {
namespace {

using namespace testing;
using lambda_runtime::Invocation;
using lambda_runtime::Outcome;
using std::chrono::milliseconds;

class S3FunctionTest : public ::testing::Test {
protected:
    S3FunctionTest() {
        settings_.batches.max_batch_items = 5;
        settings_.checkpoint_interval = milliseconds(0);
    }

    Outcome invoke(const std::string& payload, milliseconds limit = milliseconds(60'000)) {
        Importer importer(bench_.store, bench_.catalog, bench_.producer.send(), bench_.clock,
                          bench_.log, bench_.tracer, settings_);
        S3Function function(
            importer,
            [this](const std::string& event) -> Result<void> {
                if (!can_invoke_) return fail(ErrorCode::unavailable, "Lambda is away.");
                invoked_.push_back(event);
                return {};
            },
            [this](const SqsMessage& message) -> Result<void> {
                given_back_.push_back(message.receipt_handle);
                return {};
            },
            2, bench_.clock, bench_.log, bench_.tracer);
        Invocation invocation;
        invocation.trace_id = xray_trace_id_;
        invocation.payload = payload;
        invocation.deadline = bench_.clock.now() + limit;
        return function.invoke(invocation);
    }

    static std::string notification(const std::string& key) {
        return R"({"Records":[{"eventSource":"aws:s3","eventName":"ObjectCreated:Put","s3":)"
               R"({"bucket":{"name":"bucket"},"object":{"key":")" +
               key + R"("}}}]})";
    }
    static std::string message(const std::string& id, const std::string& body) {
        return R"({"messageId":")" + id + R"(","receiptHandle":"handle of )" + id +
               R"(","eventSource":"aws:sqs","body":)" +
               boost::json::serialize(boost::json::string_view(body)) + "}";
    }
    static std::string queue(const std::string& messages) {
        return R"({"Records":[)" + messages + "]}";
    }

    void make_the_producer_slow() {
        bench_.producer.before_answer = [this] { bench_.clock.advance(milliseconds(1'000)); };
    }

    ImportSettings settings_;
    ImportBench bench_;
    std::vector<std::string> invoked_;
    std::vector<std::string> given_back_;
    bool can_invoke_ = true;
    std::string xray_trace_id_;
};

TEST_F(S3FunctionTest, ImportsWhatANotificationNames) {
    bench_.upload("orders.json", array_of(20));
    const Outcome outcome = invoke(notification("orders.json"));
    ASSERT_TRUE(outcome) << outcome.error().message;
    const auto summary = boost::json::parse(*outcome).at("objects").at(0);
    EXPECT_EQ(summary.at("state"), "finished");
    EXPECT_EQ(summary.at("accepted").to_number<int>(), 20);
    EXPECT_EQ(bench_.producer.ids.size(), 20U);
    EXPECT_TRUE(invoked_.empty());
}

TEST_F(S3FunctionTest, EachBatchIsAChildOfTheInvocationsTrace) {
    bench_.upload("orders.json", "[" + item(0) + R"(,{"id":1 "total":2},)" + item(2) + "]");
    xray_trace_id_ = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    ASSERT_TRUE(invoke(notification("orders.json")));
    ASSERT_EQ(bench_.producer.traceparents.size(), 2U);
    const std::string& traceparent = bench_.producer.traceparents[0];
    EXPECT_EQ(traceparent, bench_.producer.traceparents[1]);
    EXPECT_TRUE(tracing::is_sampled(traceparent));
    EXPECT_EQ(tracing::trace_id_of(traceparent), "5759e988bd862e3fe1be46a994272793");
    EXPECT_EQ(traceparent.find("53995c3f42cd8ad8"), std::string::npos);
    const std::string trace = R"("trace":{"id":"5759e988bd862e3fe1be46a994272793"})";
    EXPECT_EQ(bench_.log.lines({trace, R"("outcome":"success")", bench_.producer.ids[0]}).size(),
              1U);
    EXPECT_EQ(bench_.log.lines({trace, R"("action":"forward")", R"("outcome":"success")"}).size(),
              2U);
    EXPECT_EQ(bench_.log.lines({trace, R"("action":"import")", R"("outcome":"success")"}).size(),
              1U);
    EXPECT_EQ(bench_.log.lines({trace, R"("outcome":"failure")", R"("code":"400")"}).size(), 1U);
}

TEST_F(S3FunctionTest, TheSpansOfAnInvocationAreItsBatches) {
    bench_.upload("orders.json", array_of(8));  // Batches of five.
    xray_trace_id_ = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    ASSERT_TRUE(invoke(notification("orders.json")));
    const auto spans = bench_.spans.take(10);
    ASSERT_EQ(spans.size(), 3U);
    const tracing::Span& invocation = spans[2];  // It ends last.
    EXPECT_EQ(invocation.name, "import");
    EXPECT_EQ(invocation.parent_id, "53995c3f42cd8ad8");
    for (const std::size_t batch : {0U, 1U}) {
        EXPECT_EQ(spans[batch].name, "import batch");
        EXPECT_EQ(spans[batch].context.trace_id, "5759e988bd862e3fe1be46a994272793");
        EXPECT_EQ(spans[batch].parent_id, invocation.context.span_id);
        EXPECT_EQ(bench_.producer.traceparents[5 * batch], spans[batch].context.traceparent());
    }
}

TEST_F(S3FunctionTest, AFileThatIsNotSampledHasNoLinesButItsEnd) {
    bench_.upload("orders.json", array_of(20));
    ASSERT_TRUE(invoke(notification("orders.json")));
    EXPECT_EQ(bench_.log.lines({}).size(), 1U);
    EXPECT_EQ(bench_.log.lines({"An import ended."}).size(), 1U);
    std::set<std::string> traces;
    for (const std::string& traceparent : bench_.producer.traceparents) {
        EXPECT_TRUE(tracing::is_traceparent(traceparent));
        traces.insert(traceparent);
    }
    EXPECT_EQ(traces.size(), 4U);  // a span for each batch
}

TEST_F(S3FunctionTest, ALargeSampledFileHasTenLinesAndTheirNumber) {
    settings_.batches.max_batch_items = 1'000;
    bench_.upload("orders.json", array_of(5'000));
    xray_trace_id_ = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
    ASSERT_TRUE(invoke(notification("orders.json")));
    EXPECT_EQ(bench_.log.lines({"An event was accepted."}).size(), 10U);
}

TEST_F(S3FunctionTest, StopsEarlyEnoughToStoreItsCheckpoint) {
    Invocation invocation;
    const auto margin_of = [&](milliseconds limit) {
        invocation.deadline = bench_.clock.now() + limit;
        return limit - (stop_time(invocation, bench_.clock) - bench_.clock.steady_now());
    };
    EXPECT_EQ(margin_of(milliseconds(900'000)), milliseconds(30'000));
    EXPECT_EQ(margin_of(milliseconds(60'000)), milliseconds(6'000));
    EXPECT_EQ(margin_of(milliseconds(10'000)), milliseconds(3'000));
    EXPECT_EQ(margin_of(milliseconds(3'000)), milliseconds(1'500));
}

TEST_F(S3FunctionTest, InvokesItselfNearTheDeadlineUntilTheFileIsDone) {
    bench_.upload("orders.json", array_of(100));
    make_the_producer_slow();
    std::string payload = notification("orders.json");
    for (int round = 1;; ++round) {
        const Outcome outcome = invoke(payload, milliseconds(14'000));
        ASSERT_TRUE(outcome) << outcome.error().message;
        if (invoked_.empty()) break;
        ASSERT_EQ(invoked_.size(), 1U);
        payload = invoked_.front();
        invoked_.clear();
        EXPECT_EQ(parse_s3_event(payload)->continuation, round);
        EXPECT_FALSE(parse_s3_event(payload)->objects.front().version.empty());
    }
    EXPECT_GE(parse_s3_event(payload)->continuation, 1);
    EXPECT_EQ(bench_.producer.unique_ids().size(), 100U);
    EXPECT_NE(bench_.only_file("reports/").find("\"accepted\":100"), std::string::npos);
}

TEST_F(S3FunctionTest, StopsContinuingAtTheLimitWithAnErrorThatKeepsTheFile) {
    bench_.upload("orders.json", array_of(500));
    make_the_producer_slow();
    std::string payload = notification("orders.json");
    for (int i = 0; i < 2; ++i) {
        ASSERT_TRUE(invoke(payload, milliseconds(8'000)));
        payload = invoked_.back();
    }
    const Outcome outcome = invoke(payload, milliseconds(8'000));
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("MAX_CONTINUATIONS"), std::string::npos);
    EXPECT_EQ(invoked_.size(), 2U);
    EXPECT_EQ(bench_.files("checkpoints/").size(), 1U);
}

TEST_F(S3FunctionTest, AnErrorOfTheInvocationIsLeftWhereItCannotInvokeItself) {
    bench_.upload("orders.json", array_of(500));
    make_the_producer_slow();
    can_invoke_ = false;
    const Outcome outcome = invoke(notification("orders.json"), milliseconds(8'000));
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("Lambda is away."), std::string::npos);
}

TEST_F(S3FunctionTest, AnswersAQueueWithTheMessagesThatMustComeAgain) {
    bench_.upload("orders.json", array_of(3));
    bench_.upload("notes.txt", "hello");
    bench_.upload("products.json", array_of(500));
    make_the_producer_slow();
    const Outcome outcome = invoke(queue(message("done", notification("orders.json")) + "," +
                                         message("test", R"({"Event":"s3:TestEvent"})") + "," +
                                         message("refused", notification("notes.txt")) + "," +
                                         message("gone", notification("orders/missing.json")) +
                                         "," + message("nonsense", "hello") + "," +
                                         message("paused", notification("products.json")) + "," +
                                         message("not begun", notification("orders.json"))),
                                   milliseconds(8'000));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(*outcome, sqs_response({"nonsense", "paused", "not begun"}));
    EXPECT_EQ(given_back_, std::vector<std::string>{"handle of paused"});
    EXPECT_TRUE(invoked_.empty());
    EXPECT_EQ(bench_.files("checkpoints/").size(), 1U);
}

TEST_F(S3FunctionTest, ATryWithoutProgressWaitsForItsVisibilityTimeout) {
    bench_.upload("orders.json", array_of(500));
    bench_.producer.before_answer = [this] { bench_.clock.advance(milliseconds(60'000)); };
    bench_.producer.refuses = [](const event::Event&) {
        return std::optional(ScriptedProducer::problem(503, true));
    };
    const auto outcome =
        invoke(queue(message("stuck", notification("orders.json"))), milliseconds(8'000));
    EXPECT_EQ(outcome.value(), sqs_response({"stuck"}));
    EXPECT_TRUE(given_back_.empty());
}

TEST_F(S3FunctionTest, OneObjectOfSeveralThatFailsDoesNotKeepTheOthers) {
    bench_.upload("orders.json", array_of(3));
    bench_.upload("products.json", array_of(2));
    bench_.store.fails_put = [](const std::string& key) {
        return key.starts_with("reports/suppliers.json");
    };
    bench_.upload("suppliers.json", array_of(4));
    std::string event = notification("orders.json");
    for (const char* key : {"suppliers.json", "products.json"}) {
        const std::string more = notification(key);
        event.insert(event.size() - 2, "," + more.substr(12, more.size() - 14));
    }
    const Outcome outcome = invoke(event);
    ASSERT_FALSE(outcome);
    EXPECT_NE(outcome.error().message.find("s3://bucket/suppliers.json"), std::string::npos);
    EXPECT_EQ(outcome.error().message.find("orders.json"), std::string::npos);
    EXPECT_EQ(bench_.files("reports/").size(), 2U);
}

TEST_F(S3FunctionTest, FailuresOfTheEnvironmentAreErrors) {
    bench_.upload("orders.json", array_of(3));
    bench_.producer.refuses = [](const event::Event&) {
        return std::optional(ScriptedProducer::problem(401, false));
    };
    const Outcome outcome = invoke(notification("orders.json"));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().type, "Tributary.ImportFailed");
    EXPECT_EQ(invoke(queue(message("m", notification("orders.json")))).value(),
              sqs_response({"m"}));
}

TEST_F(S3FunctionTest, SaysWhatItDoesNotUnderstand) {
    const Outcome outcome = invoke(R"({"hello":"world"})");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().type, "Tributary.InvalidEvent");
    EXPECT_NE(outcome.error().message.find("S3 notification"), std::string::npos);
}

}  // namespace
}  // namespace tributary::batch_import
