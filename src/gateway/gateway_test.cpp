#include "gateway/gateway.h"

#include <boost/json.hpp>
#include <fcntl.h>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "gateway/test_support.h"
#include "gateway/upload.h"
#include "http/client.h"
#include "lambda_runtime/host.h"
#include "object_store/directory/directory_store.h"

namespace tributary::gateway {
namespace {

using lambda_runtime::FailureKind;
using std::chrono::seconds;

class NextHandler final : public http::Handler {
public:
    void handle(http::Request request, http::Responder responder) override {
        http::Response response;
        response.body = "next got " + std::string(request.path());
        responder.send(std::move(response));
    }
};

class GatewayServer : public ::testing::Test {
protected:
    GatewayServer() {
        loop_.start(1);
        BucketSettings bucket;
        bucket.folder = folder_.path() / "bucket";
        bucket.unfinished_folder = bucket.folder / object_store::kTemporaryFolder;
        bucket.max_object_bytes = std::size_t{20} << 20;
        bucket.max_download_bytes = 1'000;
        bucket_ = std::make_unique<BucketRoute>(bucket, *store_, clock_);
        start({});
    }
    ~GatewayServer() override { stop(); }

    void start(const EventsSettings& settings) {
        stop();
        events_ = std::make_unique<EventsRoute>(settings, function_, clock_);
        gateway_ = std::make_unique<Gateway>(*events_, *bucket_, next_);
        server_ = *http::Server::listen(loop_, {}, *gateway_);
    }
    void stop() {
        if (server_) server_->drain(std::chrono::milliseconds(0));
        server_.reset();
    }

    http::Response send(const std::string& method, const std::string& target, std::string body = "",
                        const http::Headers& headers = {}) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.headers = headers;
        request.body = std::move(body);
        const auto url = *http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port()));
        auto response = http::Client(url).send(std::move(request), seconds(20));
        if (!response) throw std::runtime_error(response.error().message);
        return *response;
    }
    /// POST /events, answered by `act` on the function's side.
    http::Response post_event(const std::function<void()>& act, const http::Headers& headers = {}) {
        auto response =
            std::async(std::launch::async, [&] { return send("POST", "/events", "{}", headers); });
        const std::size_t calls = answered_ + 1;
        EXPECT_TRUE(becomes([&] { return function_.calls() == calls; }));
        act();
        ++answered_;
        return response.get();
    }

    TemporaryFolder folder_;
    std::unique_ptr<object_store::DirectoryStore> store_ =
        *object_store::DirectoryStore::open(folder_.path().string());
    SystemClock clock_;
    ScriptedInvoker function_;
    std::size_t answered_ = 0;
    NextHandler next_;
    http::EventLoop loop_;
    std::unique_ptr<BucketRoute> bucket_;
    std::unique_ptr<EventsRoute> events_;
    std::unique_ptr<Gateway> gateway_;
    std::unique_ptr<http::Server> server_;
};

TEST_F(GatewayServer, TurnsARequestIntoAnEventAndTheAnswerIntoAResponse) {
    const auto response = post_event([&] {
        const auto event = boost::json::parse(function_.payload(0));
        EXPECT_EQ(event.at("httpMethod"), "POST");
        EXPECT_EQ(event.at("path"), "/events");
        EXPECT_EQ(event.at("body"), "{}");
        EXPECT_EQ(event.at_pointer("/requestContext/identity/sourceIp"), "127.0.0.1");
        EXPECT_EQ(event.at_pointer("/headers/X-Amzn-Trace-Id").as_string(), function_.trace_id(0));
        function_.answer(0, R"({"statusCode":201,"headers":{"X-A":"b"},"body":"receipt"})");
    });
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.headers.get("X-A"), "b");
    EXPECT_EQ(response.headers.get("X-Amzn-RequestId").size(), 36U);
    EXPECT_EQ(response.body, "receipt");
}

TEST_F(GatewayServer, SpeaksPayloadVersionTwoWhereItIsChosen) {
    EventsSettings settings;
    settings.payload_version = PayloadVersion::http;
    start(settings);
    const auto response = post_event([&] {
        EXPECT_EQ(boost::json::parse(function_.payload(0)).at("version"), "2.0");
        function_.answer(0, R"({"id":"a"})");
    });
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"id":"a"})");
}

TEST_F(GatewayServer, ItsOwnAnswersNameAnIdAndWhetherARetryIsSafe) {
    const auto body_of = [](const http::Response& response) {
        EXPECT_EQ(response.headers.get("Content-Type"), "application/problem+json");
        return boost::json::parse(response.body).as_object();
    };
    http::Headers packed;
    packed.add("Content-Encoding", "gzip");
    http::Headers unknown;
    unknown.add("Content-Encoding", "br");
    const http::Response refused[] = {
        send("POST", "/events", std::string(7'000'000, ' ')),
        send("POST", "/events", "no gzip", packed),
        send("POST", "/events", "{}", unknown),
        send("PUT", "/events", "{}"),
    };
    const int statuses[] = {413, 400, 415, 405};
    for (std::size_t i = 0; i < std::size(refused); ++i) {
        EXPECT_EQ(refused[i].status, statuses[i]);
        const auto body = body_of(refused[i]);
        EXPECT_EQ(body.at("id").as_string().size(), 36U);
        EXPECT_EQ(body.at("retry_safe"), false);
    }
    const auto throttled =
        body_of(post_event([&] { function_.fail(answered_, FailureKind::throttled); }));
    EXPECT_EQ(throttled.at("retry_safe"), true);
    EXPECT_EQ(throttled.at("id").as_string().size(), 36U);
    // Without an id of the client's, a second try could make a second event.
    const auto lost = body_of(post_event([&] { function_.fail(answered_, FailureKind::crashed); }));
    EXPECT_EQ(lost.at("retry_safe"), false);
    EXPECT_EQ(lost.at("fate"), "unknown");
    EXPECT_FALSE(lost.contains("id"));
    http::Headers key;
    key.add("Idempotency-Key", "mine");
    const auto named =
        body_of(post_event([&] { function_.fail(answered_, FailureKind::crashed); }, key));
    EXPECT_EQ(named.at("retry_safe"), true);
    EXPECT_EQ(named.at("id"), "mine");
}

TEST_F(GatewayServer, TellsHowTheFunctionFailed) {
    const auto status_of = [&](FailureKind kind) {
        return post_event([&] { function_.fail(answered_, kind); });
    };
    EXPECT_EQ(status_of(FailureKind::function_error).status, 502);
    EXPECT_EQ(status_of(FailureKind::crashed).status, 502);
    EXPECT_EQ(status_of(FailureKind::timed_out).status, 504);
    const auto throttled = status_of(FailureKind::throttled);
    EXPECT_EQ(throttled.status, 429);
    EXPECT_EQ(throttled.headers.get("Retry-After"), "1");
    const auto ending = status_of(FailureKind::shutting_down);
    EXPECT_EQ(ending.status, 503);
    EXPECT_EQ(ending.headers.get("Retry-After"), "1");
    EXPECT_EQ(ending.headers.get("Content-Type"), "application/problem+json");
    EXPECT_NE(ending.body.find("It went wrong."), std::string::npos);
}

TEST_F(GatewayServer, AnswersBadGatewayToAMalformedAnswer) {
    const auto response = post_event([&] { function_.answer(0, R"({"no":"status"})"); });
    EXPECT_EQ(response.status, 502);
    EXPECT_NE(response.body.find("statusCode"), std::string::npos);
}

TEST_F(GatewayServer, RefusesWhatLambdaWouldNotTake) {
    const auto large = send("POST", "/events", std::string(6'291'557, 'x'));
    EXPECT_EQ(large.status, 413);
    EXPECT_NE(large.body.find("6291556"), std::string::npos) << large.body;
    // Small enough as it is, too large as base64.
    const auto bytes = send("POST", "/events", std::string(5'000'000, '\xff'));
    EXPECT_EQ(bytes.status, 413);
    EXPECT_NE(bytes.body.find("6291556 (6 MB)"), std::string::npos) << bytes.body;
    EXPECT_EQ(function_.calls(), 0U);
}

TEST_F(GatewayServer, RefusesOtherMethods) {
    const auto response = send("GET", "/events");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers.get("Allow"), "POST, OPTIONS");
}

TEST_F(GatewayServer, LetsOtherOriginsInOnlyWhereItIsSet) {
    http::Headers preflight;
    preflight.add("Origin", "https://shop.example");
    preflight.add("Access-Control-Request-Method", "POST");
    preflight.add("Access-Control-Request-Headers", "content-type, idempotency-key");
    const auto closed = send("OPTIONS", "/events", "", preflight);
    EXPECT_EQ(closed.status, 204);
    EXPECT_FALSE(closed.headers.contains("Access-Control-Allow-Origin"));

    EventsSettings settings;
    settings.allowed_origin = "https://shop.example";
    start(settings);
    const auto open = send("OPTIONS", "/events", "", preflight);
    EXPECT_EQ(open.headers.get("Access-Control-Allow-Origin"), "https://shop.example");
    EXPECT_EQ(open.headers.get("Access-Control-Allow-Headers"), "content-type, idempotency-key");
    const auto posted = post_event([&] { function_.answer(0, R"({"statusCode":200})"); });
    EXPECT_EQ(posted.headers.get("Access-Control-Allow-Origin"), "https://shop.example");
}

TEST_F(GatewayServer, StoresAndReturnsObjects) {
    const auto put = send("PUT", "/bucket/in%20box/orders.json", "[1]");
    EXPECT_EQ(put.status, 200);
    const auto info = store_->head({"bucket", "in box/orders.json"});
    ASSERT_TRUE(info);
    EXPECT_EQ(put.headers.get("ETag"), '"' + info->version + '"');
    EXPECT_EQ(boost::json::parse(put.body).at("report").as_string(),
              "reports/in box/orders.json/" + info->version + ".json");
    const auto get = send("GET", "/bucket/in%20box/orders.json");
    EXPECT_EQ(get.status, 200);
    EXPECT_EQ(get.body, "[1]");
    EXPECT_EQ(get.headers.get("Content-Type"), "application/json");
    EXPECT_EQ(get.headers.get("ETag"), put.headers.get("ETag"));
    EXPECT_EQ(send("PUT", "/bucket/empty.json").status, 200);
    EXPECT_EQ(store_->head({"bucket", "empty.json"})->size, 0U);
}

TEST_F(GatewayServer, StoresObjectsLargerThanItWouldBuffer) {
    const std::string content(std::size_t{15} << 20, 'x');
    EXPECT_EQ(send("PUT", "/bucket/orders.json", content).status, 200);
    EXPECT_EQ(store_->head({"bucket", "orders.json"})->size, content.size());
    EXPECT_EQ(send("GET", "/bucket/orders.json").status, 413);
    EXPECT_EQ(send("PUT", "/bucket/orders.json", std::string(std::size_t{21} << 20, 'x')).status,
              413);
    EXPECT_EQ(store_->head({"bucket", "orders.json"})->size, content.size()) << "the old one";
}

TEST_F(GatewayServer, LeavesNothingUnfinishedBehind) {
    EXPECT_EQ(send("PUT", "/bucket/a.json", "[1]").status, 200);
    const auto unfinished = folder_.path() / "bucket" / object_store::kTemporaryFolder;
    EXPECT_TRUE(std::filesystem::is_empty(unfinished));
    {
        Upload broken_off(folder_.path() / "bucket", unfinished, "b.json", "name");
        EXPECT_TRUE(broken_off.write("[1,"));
        EXPECT_FALSE(std::filesystem::is_empty(unfinished));
        // Another process that cleans up takes it for what it is: being written.
        EXPECT_TRUE(object_store::DirectoryStore::open(folder_.path().string()));
        EXPECT_FALSE(std::filesystem::is_empty(unfinished));
    }
    EXPECT_TRUE(std::filesystem::is_empty(unfinished));
    EXPECT_FALSE(store_->head({"bucket", "b.json"}));
}

TEST_F(GatewayServer, KeepsAnUploadThatBeginsWhileAnotherProcessCleansUp) {
    const auto unfinished = folder_.path() / "bucket" / object_store::kTemporaryFolder;
    const std::jthread cleaner([this](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            ASSERT_TRUE(object_store::DirectoryStore::open(folder_.path().string()));
        }
    });
    for (int i = 0; i < 1'000; ++i) {
        Upload upload(folder_.path() / "bucket", unfinished, "a.json", std::to_string(i));
        const auto stored = upload.finish();
        ASSERT_TRUE(stored) << stored.error().message;
    }
}

TEST_F(GatewayServer, RefusesKeysThatNobodyMayWrite) {
    for (const auto* key : {"reports/a/1.json", "rejected/x", "checkpoints/x", "failed/x"}) {
        EXPECT_EQ(send("PUT", std::string("/bucket/") + key, "x").status, 403) << key;
    }
    for (const auto* key : {"", "..%2fsecret", "a/../b", "a%00b", "%zz", ".hidden", "a.tmp", "a//b",
                            "%ff", ".tributary/x"}) {
        EXPECT_EQ(send("PUT", std::string("/bucket/") + key, "x").status, 400) << key;
    }
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "secret"));
}

TEST_F(GatewayServer, RefusesKeysWhoseWayIsBlocked) {
    EXPECT_EQ(send("PUT", "/bucket/a", "x").status, 200);
    EXPECT_EQ(send("PUT", "/bucket/a/b", "x").status, 400) << "a file is in the way";
    std::filesystem::create_directory_symlink(folder_.path(), folder_.path() / "bucket/out");
    EXPECT_EQ(send("PUT", "/bucket/out/escaped", "x").status, 400) << "a link is in the way";
    EXPECT_FALSE(std::filesystem::exists(folder_.path() / "escaped"));
    EXPECT_EQ(send("PUT", "/bucket/d/e", "x").status, 200);
    EXPECT_EQ(send("PUT", "/bucket/d", "x").status, 400) << "a folder is there";
}

TEST_F(GatewayServer, ReturnsReportsAndSaysWhatIsMissing) {
    ASSERT_TRUE(store_->put({"bucket", "reports/a/1.json"}, R"({"read":1})"));
    EXPECT_EQ(send("GET", "/bucket/reports/a/1.json").body, R"({"read":1})");
    EXPECT_EQ(send("GET", "/bucket/nothing.json").status, 404);
    EXPECT_EQ(send("GET", "/bucket/..%2fx").status, 400);
    EXPECT_EQ(send("DELETE", "/bucket/a").status, 405);
}

TEST_F(GatewayServer, HandsEverythingElseOn) {
    EXPECT_EQ(send("GET", "/").body, "next got /");
    EXPECT_EQ(send("GET", "/events/1").body, "next got /events/1");
    EXPECT_EQ(send("GET", "/api/events").body, "next got /api/events");
}

TEST_F(GatewayServer, DrivesARealFunction) {
    telemetry::Log log = quiet_log(clock_);
    lambda_runtime::FunctionSettings settings;
    settings.name = "lambda_api";
    settings.bootstrap = FAKE_FUNCTION;
    settings.max_wait = seconds(20);
    settings.output_fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    auto host = lambda_runtime::FunctionHost::start(settings, loop_, clock_, log);
    ASSERT_TRUE(host);
    stop();
    EventsSettings events_settings;
    events_settings.payload_version = PayloadVersion::http;
    EventsRoute events(events_settings, **host, clock_);
    Gateway gateway(events, *bucket_, next_);
    server_ = *http::Server::listen(loop_, {}, gateway);
    const auto response = send("POST", "/events", "hello");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(boost::json::parse(response.body).at("body"), "hello") << "the event, echoed";
    stop();
}

}  // namespace
}  // namespace tributary::gateway
