#include "gateway/bucket_trigger.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "gateway/bucket_key.h"
#include "gateway/invoke_route.h"
#include "gateway/test_support.h"
#include "http/client.h"
#include "http/server.h"
#include "object_store/directory/directory_store.h"

namespace tributary::gateway {
namespace {

using std::chrono::milliseconds;

/// The whole way, with a real function process.
class Trigger : public ::testing::Test {
protected:
    Trigger() { loop_.start(1); }
    ~Trigger() override {
        trigger_.reset();
        loop_.stop();
    }

    void start() {
        TriggerSettings settings;
        settings.watch.folder = folder_.path() / "bucket";
        settings.async.retry_delay = milliseconds(1);
        settings.function.name = "lambda_s3";
        settings.function.bootstrap = FAKE_IMPORTER;
        settings.function.environment["FAKE_ROOT"] = folder_.path().string();
        settings.function.first_backoff = milliseconds(1);
        settings.function.output_fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
        settings.function.max_wait = std::chrono::seconds(20);
        auto trigger = BucketTrigger::start(settings, loop_, *store_, clock_, log_);
        ASSERT_TRUE(trigger) << trigger.error().message;
        trigger_ = std::move(*trigger);
    }
    void put(const std::string& key, std::string_view content) {
        write_file(folder_.path() / "bucket" / key, content);
    }
    bool has(std::string_view prefix, const std::string& key) {
        const auto info = store_->head({"bucket", key});
        return info && store_->head({"bucket", result_key(prefix, key, info->version)});
    }
    bool gets(std::string_view prefix, const std::string& key) {
        return becomes([&] { return has(prefix, key); });
    }

    TemporaryFolder folder_;
    std::unique_ptr<object_store::DirectoryStore> store_ =
        *object_store::DirectoryStore::open(folder_.path().string());
    SystemClock clock_;
    telemetry::Log log_ = quiet_log(clock_);
    http::EventLoop loop_;
    std::unique_ptr<BucketTrigger> trigger_;
};

TEST_F(Trigger, ImportsWhatIsPutIntoTheFolder) {
    start();
    put("2026/11/orders of today.json", "[]");
    EXPECT_TRUE(gets("reports", "2026/11/orders of today.json"));
    EXPECT_TRUE(becomes([&] { return trigger_->counts().succeeded == 1; }));
}

TEST_F(Trigger, ImportsAtTheStartWhatHasNoReport) {
    put("a/orders.json", "[]");
    put("done.json", "[]");
    const std::string version = store_->head({"bucket", "done.json"})->version;
    ASSERT_TRUE(store_->put({"bucket", result_key("reports", "done.json", version)}, "{}"));
    start();
    EXPECT_TRUE(gets("reports", "a/orders.json"));
    EXPECT_TRUE(becomes([&] { return trigger_->counts().succeeded == 1; }));
    put("marker.json", "[]");
    EXPECT_TRUE(gets("reports", "marker.json"));
    EXPECT_TRUE(becomes([&] { return trigger_->counts().succeeded == 2; }))
        << "the one that was done is left alone";
}

TEST_F(Trigger, TriesAgainWhenTheFunctionDies) {
    start();
    put("orders.json", "crash once");
    EXPECT_TRUE(gets("reports", "orders.json"));
}

TEST_F(Trigger, GivesAnObjectUpAfterTwoDeaths) {
    start();
    put("orders.json", "crash");
    EXPECT_TRUE(gets("failed", "orders.json"));
    EXPECT_FALSE(has("reports", "orders.json"));
    put("products.json", "[]");
    EXPECT_TRUE(gets("reports", "products.json")) << "the next one is not held up";
}

TEST_F(Trigger, GivesAnObjectUpAfterTwoErrors) {
    start();
    put("orders.json", "error");
    EXPECT_TRUE(gets("failed", "orders.json"));
}

TEST_F(Trigger, LetsTheFunctionInvokeItself) {
    start();
    put("orders.json", "continue");
    EXPECT_TRUE(gets("reports", "orders.json"));
    EXPECT_TRUE(becomes([&] { return trigger_->counts().succeeded == 2; }));
}

TEST_F(Trigger, GoesOnAfterARestart) {
    start();
    trigger_->shutdown(milliseconds(0));
    put("orders.json", "[]");
    trigger_.reset();
    start();
    EXPECT_TRUE(gets("reports", "orders.json"));
}

/// The Invoke API alone.
class InvokeApi : public ::testing::Test {
protected:
    InvokeApi() { loop_.start(1); }
    ~InvokeApi() override {
        server_->drain(milliseconds(0));
        server_.reset();
        loop_.stop();
    }
    int post(const std::string& target, const std::string& kind, const std::string& body) {
        http::Request request;
        request.method = "POST";
        request.target = target;
        request.headers.add("X-Amz-Invocation-Type", kind);
        request.body = body;
        const auto url = *http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port()));
        return http::Client(url).send(std::move(request), std::chrono::seconds(10))->status;
    }

    Result<void> outcome_;
    std::string submitted_;
    InvokeRoute route_{"lambda_s3", [this](std::string event) {
                           submitted_ = std::move(event);
                           return outcome_;
                       }};
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_ = *http::Server::listen(loop_, {}, route_);
};

constexpr const char* kTarget = "/2015-03-31/functions/lambda_s3/invocations";

TEST_F(InvokeApi, AcceptsAsynchronousInvocations) {
    EXPECT_EQ(post(kTarget, "Event", "{}"), 202);
    EXPECT_EQ(submitted_, "{}");
    EXPECT_EQ(post("/2015-03-31/functions/"
                   "arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Alambda_s3"
                   "/invocations",
                   "Event", "[]"),
              202);
    EXPECT_EQ(submitted_, "[]");
}

TEST_F(InvokeApi, RefusesEverythingElse) {
    EXPECT_EQ(post("/2015-03-31/functions/other/invocations", "Event", "{}"), 404);
    EXPECT_EQ(post("/2015-03-31/functions/invocations", "Event", "{}"), 404);
    EXPECT_EQ(post(kTarget, "RequestResponse", "{}"), 400);
    EXPECT_EQ(post(kTarget, "Event", std::string(262'145, 'x')), 413);
    EXPECT_EQ(submitted_, "");
    outcome_ = fail(ErrorCode::retry_later, "full");
    EXPECT_EQ(post(kTarget, "Event", "{}"), 429);
    outcome_ = fail(ErrorCode::invalid_input, "no event");
    EXPECT_EQ(post(kTarget, "Event", "{}"), 400);
    outcome_ = fail(ErrorCode::shutting_down, "ending");
    EXPECT_EQ(post(kTarget, "Event", "{}"), 503);
}

}  // namespace
}  // namespace tributary::gateway
