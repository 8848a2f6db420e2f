#include "gateway/async_invoker.h"

#include <atomic>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <set>

#include "gateway/bucket_key.h"
#include "gateway/read_object.h"
#include "gateway/test_support.h"
#include "object_store/directory/directory_store.h"

namespace tributary::gateway {
namespace {

using lambda_runtime::FailureKind;
using std::chrono::milliseconds;

class Async : public ::testing::Test {
protected:
    Async() {
        settings_.retry_delay = milliseconds(1);
        settings_.max_running = 10;
    }
    ~Async() override {
        invoker_->stop();
        for (std::size_t i = 0; i < function_.calls(); ++i) {
            if (!answered_.contains(i)) fail(i, FailureKind::shutting_down);
        }
    }

    void start() {
        invoker_ = std::make_unique<AsyncInvoker>(settings_, *store_, clock_, log_,
                                                  [this] { ++wants_more_; });
        invoker_->start(function_);
    }
    std::string put(const std::string& key, std::string_view content = "[]") {
        EXPECT_TRUE(store_->put({"bucket", key}, content));
        return store_->head({"bucket", key})->version;
    }
    bool calls_become(std::size_t count) {
        return becomes([&] { return function_.calls() == count; });
    }
    bool is_idle() {
        return becomes([&] {
            const auto counts = invoker_->counts();
            return counts.waiting == 0 && counts.running == 0;
        });
    }
    void succeed(std::size_t call) {
        answered_.insert(call);
        function_.answer(call, "null");
    }
    void fail(std::size_t call, FailureKind kind) {
        answered_.insert(call);
        function_.fail(call, kind);
    }

    TemporaryFolder folder_;
    std::unique_ptr<object_store::DirectoryStore> store_ =
        *object_store::DirectoryStore::open(folder_.path().string());
    SystemClock clock_;
    telemetry::Log log_ = quiet_log(clock_);
    ScriptedInvoker function_;
    AsyncSettings settings_;
    std::atomic<int> wants_more_ = 0;
    std::set<std::size_t> answered_;
    std::unique_ptr<AsyncInvoker> invoker_;
};

TEST_F(Async, InvokesTheFunctionWithAnEventAboutTheObject) {
    start();
    const std::string version = put("in box/orders.json");
    invoker_->offer("in box/orders.json");
    ASSERT_TRUE(calls_become(1));
    const auto object = object_of_event(function_.payload(0));
    ASSERT_TRUE(object);
    EXPECT_EQ(object->key, "in box/orders.json");
    EXPECT_EQ(object->version, version);
    EXPECT_EQ(object->size, 2U);
    succeed(0);
    EXPECT_TRUE(is_idle());
    EXPECT_EQ(invoker_->counts().succeeded, 1U);
}

TEST_F(Async, InvokesOnceHoweverOftenAVersionIsOffered) {
    start();
    put("orders.json");
    for (int i = 0; i < 5; ++i) invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(1));
    invoker_->offer("orders.json");
    put("other.json");
    invoker_->offer("other.json");
    ASSERT_TRUE(calls_become(2)) << "the other object only";
    EXPECT_EQ(object_of_event(function_.payload(1))->key, "other.json");
}

TEST_F(Async, InvokesAgainForANewVersion) {
    start();
    put("orders.json", "[1]");
    invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(1));
    const std::string version = put("orders.json", "[1,2]");
    invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(2));
    EXPECT_EQ(object_of_event(function_.payload(1))->version, version);
}

TEST_F(Async, LeavesDoneAndFailedObjectsAlone) {
    start();
    const std::string done = put("done.json");
    const std::string failed = put("failed.json");
    put(result_key("reports", "done.json", done), "{}");
    put(result_key("failed", "failed.json", failed), "{}");
    put("new.json");
    for (const auto* key : {"done.json", "failed.json", "gone.json", "new.json"}) {
        invoker_->offer(key);
    }
    ASSERT_TRUE(calls_become(1));
    EXPECT_EQ(object_of_event(function_.payload(0))->key, "new.json");
    EXPECT_EQ(invoker_->counts().waiting, 0U);
}

TEST_F(Async, TriesAgainAndThenStoresTheEventAndTheReason) {
    start();
    const std::string version = put("orders.json");
    invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(1));
    fail(0, FailureKind::crashed);
    ASSERT_TRUE(calls_become(2));
    EXPECT_EQ(function_.payload(1), function_.payload(0)) << "the same event";
    fail(1, FailureKind::timed_out);
    ASSERT_TRUE(is_idle());
    EXPECT_EQ(invoker_->counts().failed, 1U);

    const auto text =
        read_object(*store_, {"bucket", result_key("failed", "orders.json", version)});
    ASSERT_TRUE(text);
    const auto record = boost::json::parse(*text);
    EXPECT_EQ(record.at("version"), "1.0");
    EXPECT_EQ(record.at_pointer("/requestContext/condition"), "RetriesExhausted");
    EXPECT_EQ(record.at_pointer("/requestContext/approximateInvokeCount").to_number<int>(), 2);
    EXPECT_EQ(record.at_pointer("/requestPayload/Records/0/s3/object/key"), "orders.json");
    EXPECT_EQ(record.at_pointer("/responsePayload/errorType"), "Fake.Type");
    EXPECT_EQ(record.at_pointer("/responsePayload/errorMessage"), "It went wrong.");

    invoker_->offer("orders.json");
    EXPECT_EQ(invoker_->counts().waiting, 0U) << "given up until it is put again";
}

TEST_F(Async, DoesNotGiveUpWhileTheFunctionGetsFurther) {
    start();
    const std::string version = put("orders.json");
    const std::string checkpoint = result_key("checkpoints", "orders.json", version);
    invoker_->offer("orders.json");
    for (std::size_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(calls_become(i + 1));
        put(checkpoint, "item " + std::to_string(i));
        fail(i, FailureKind::crashed);
    }
    ASSERT_TRUE(calls_become(6));
    put(checkpoint, "item 4");  // Written again, but no further.
    fail(5, FailureKind::crashed);
    ASSERT_TRUE(calls_become(7));
    fail(6, FailureKind::crashed);
    EXPECT_TRUE(is_idle());
    EXPECT_EQ(invoker_->counts().failed, 1U);
}

TEST_F(Async, DoesNotCountThrottlingAsATry) {
    start();
    put("orders.json");
    invoker_->offer("orders.json");
    for (std::size_t i = 0; i < 5; ++i) {
        ASSERT_TRUE(calls_become(i + 1));
        fail(i, FailureKind::throttled);
    }
    ASSERT_TRUE(calls_become(6));
    succeed(5);
    EXPECT_TRUE(is_idle());
    EXPECT_EQ(invoker_->counts().failed, 0U);
}

TEST_F(Async, ContinuesWhenTheRunningInvocationHasEnded) {
    start();
    put("orders.json");
    invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(1));
    std::string next = function_.payload(0);
    next.insert(1, R"("continuation":1,)");
    ASSERT_TRUE(invoker_->continue_with(next));
    EXPECT_EQ(function_.calls(), 1U) << "not while the first runs";
    succeed(0);
    ASSERT_TRUE(calls_become(2));
    EXPECT_EQ(function_.payload(1), next);
    succeed(1);
    EXPECT_TRUE(is_idle());
}

TEST_F(Async, StartsCountingTriesAnewAfterAContinuation) {
    start();
    put("orders.json");
    invoker_->offer("orders.json");
    for (std::size_t i = 0; i < 4; ++i) {
        ASSERT_TRUE(calls_become(i + 1));
        ASSERT_TRUE(invoker_->continue_with(function_.payload(i)));
        fail(i, FailureKind::crashed);
    }
    ASSERT_TRUE(calls_become(5));
    EXPECT_EQ(invoker_->counts().failed, 0U);
}

TEST_F(Async, TakesAContinuationThatItDoesNotKnow) {
    start();
    const std::string version = put("orders.json");
    const ObjectVersion object("orders.json", version, 2);
    const std::string event = s3_event("bucket", "us-east-1", object, clock_.now(), 1);
    ASSERT_TRUE(invoker_->continue_with(event));
    ASSERT_TRUE(calls_become(1));
    EXPECT_EQ(function_.payload(0), event);
}

TEST_F(Async, RefusesContinuationsAboutNoObject) {
    start();
    const auto refused = invoker_->continue_with(R"({"Records":[]})");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_input);
}

TEST_F(Async, RunsNoMoreThanItMay) {
    settings_.max_running = 2;
    start();
    for (const auto* key : {"a.json", "b.json", "c.json"}) {
        put(key);
        invoker_->offer(key);
    }
    ASSERT_TRUE(calls_become(2));
    EXPECT_EQ(invoker_->counts().waiting, 1U);
    succeed(0);
    ASSERT_TRUE(calls_become(3));
}

TEST_F(Async, AsksForEverythingAgainAfterTurningObjectsAway) {
    settings_.max_objects = 2;
    start();
    for (const auto* key : {"a.json", "b.json", "c.json"}) {
        put(key);
        invoker_->offer(key);
    }
    ASSERT_TRUE(calls_become(2));
    EXPECT_EQ(wants_more_, 0);
    succeed(0);
    EXPECT_TRUE(becomes([&] { return wants_more_ == 1; }));
    invoker_->offer("c.json");
    ASSERT_TRUE(calls_become(3));
}

TEST_F(Async, DropsAWaitingObjectThatWasReplacedOrRemoved) {
    settings_.max_running = 1;
    start();
    for (const auto* key : {"a.json", "b.json", "c.json"}) {
        put(key);
        invoker_->offer(key);
    }
    ASSERT_TRUE(calls_become(1));
    ASSERT_TRUE(store_->remove({"bucket", "b.json"}));
    put("c.json", "[1,2,3]");
    succeed(0);
    EXPECT_TRUE(is_idle());
    EXPECT_EQ(function_.calls(), 1U);
}

TEST_F(Async, LeavesWhatIsNotFinishedForTheNextStart) {
    start();
    put("orders.json");
    invoker_->offer("orders.json");
    ASSERT_TRUE(calls_become(1));
    invoker_->stop();
    fail(0, FailureKind::timed_out);
    invoker_.reset();
    start();
    invoker_->offer("orders.json");
    EXPECT_TRUE(calls_become(2));
}

}  // namespace
}  // namespace tributary::gateway
