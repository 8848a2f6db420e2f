#include "tracing/otlp_exporter.h"

#include <boost/json.hpp>
#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>

#include "base/manual_clock.h"
#include "http/server.h"
#include "telemetry/captured_log.h"
#include "tracing/tracer.h"

namespace tributary::tracing {
namespace {

using namespace std::chrono_literals;

/// A collector that answers as it is told; else with 200.
class ScriptedCollector final : public http::Handler {
public:
    ScriptedCollector() {
        loop_.start(1);
        server_ = std::move(*http::Server::listen(loop_, {}, *this));
    }
    ~ScriptedCollector() override {
        server_->drain(0ms);
        server_.reset();
        loop_.stop();
    }
    void answer_next(int status, std::string body = {}, const std::string& retry_after = {}) {
        http::Response response;
        response.status = status;
        response.body = std::move(body);
        if (!retry_after.empty()) response.headers.add("Retry-After", retry_after);
        const std::scoped_lock lock(mutex_);
        answers_.push_back(std::move(response));
    }
    void handle(http::Request request, http::Responder responder) override {
        http::Response response;
        {
            const std::scoped_lock lock(mutex_);
            if (!answers_.empty()) {
                response = std::move(answers_.front());
                answers_.pop_front();
            }
            requests_.push_back(std::move(request));
        }
        responder.send(std::move(response));
    }
    [[nodiscard]] std::vector<http::Request> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    [[nodiscard]] http::Url url() const {
        return http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port()) + "/otel")
            .value();
    }

private:
    mutable std::mutex mutex_;
    std::deque<http::Response> answers_;
    std::vector<http::Request> requests_;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

class OtlpExporterTest : public testing::Test {
protected:
    OtlpExporterTest() { settings_.max_batch = 3; }

    OtlpExporter& exporter() {
        if (!exporter_) {
            exporter_ = std::make_unique<OtlpExporter>(collector_.url(), SpanSource{"test", "1"},
                                                       settings_, queue_, clock_, log_);
        }
        return *exporter_;
    }
    void record(int count) {
        for (int i = 0; i < count; ++i) {
            auto span =
                tracer_.begin("work", Span::Kind::internal, tracer_.begin_trace().traceparent());
            ASSERT_TRUE(span);
            tracer_.end(std::move(*span));
        }
    }
    /// How many spans were in a request.
    static std::size_t spans_in(const http::Request& request) {
        const auto body = boost::json::parse(request.body);
        return body.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans").as_array().size();
    }

    ManualClock clock_;
    telemetry::CapturedLog log_{clock_};
    std::atomic<std::size_t> exported_ = 0;
    std::atomic<std::size_t> dropped_ = 0;
    SpanQueue queue_{8,
                     {[this](std::size_t count) { exported_ += count; },
                      [this](std::size_t count) { dropped_ += count; }}};
    Tracer tracer_{100, clock_, &queue_};
    ExportSettings settings_;
    ScriptedCollector collector_;
    std::unique_ptr<OtlpExporter> exporter_;
};

TEST_F(OtlpExporterTest, SendsAllThatWaitsInBatches) {
    record(7);
    exporter().send(10s);
    const auto requests = collector_.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].target, "/otel/v1/traces");
    EXPECT_EQ(requests[0].headers.get("Content-Type"), "application/json");
    EXPECT_EQ(spans_in(requests[0]), 3U);
    EXPECT_EQ(spans_in(requests[2]), 1U);
    EXPECT_EQ(exported_, 7U);
    exporter().send(10s);
    EXPECT_EQ(collector_.requests().size(), 3U);
}

TEST_F(OtlpExporterTest, KeepsABatchThatIsNotTakenNowAndPauses) {
    record(2);
    collector_.answer_next(503, {}, "9");
    exporter().send(10s);
    clock_.advance(8'999ms);
    exporter().send(10s);
    EXPECT_EQ(collector_.requests().size(), 1U);
    EXPECT_EQ(exported_ + dropped_, 0U);
    clock_.advance(1ms);
    exporter().send(10s);
    ASSERT_EQ(collector_.requests().size(), 2U);
    EXPECT_EQ(collector_.requests()[0].body, collector_.requests()[1].body);
    EXPECT_EQ(exported_, 2U);
    EXPECT_EQ(log_.lines({"Spans cannot be exported"}).size(), 1U);
}

TEST_F(OtlpExporterTest, DropsWhatIsRefusedAndCountsIt) {
    record(4);
    collector_.answer_next(400);
    exporter().send(10s);
    EXPECT_EQ(dropped_, 3U);
    EXPECT_EQ(exported_, 1U);
    record(2);
    collector_.answer_next(200, R"({"partialSuccess":{"rejectedSpans":"1"}})");
    exporter().send(10s);
    EXPECT_EQ(dropped_, 4U);
    EXPECT_EQ(exported_, 2U);
}

TEST_F(OtlpExporterTest, WithoutACollectorTheQueueFillsAndDropsAndNobodyWaits) {
    OtlpExporter away(http::Url::parse("http://127.0.0.1:1").value(), {"test", "1"}, settings_,
                      queue_, clock_, log_);
    record(2);
    away.send(10s);
    record(10);
    EXPECT_EQ(dropped_, 2U);  // Two are kept as a batch, eight wait.
    away.finish(10s);
    EXPECT_EQ(dropped_, 12U);
    EXPECT_EQ(exported_, 0U);
}

TEST_F(OtlpExporterTest, AThreadSendsMeanwhileAndAtTheEnd) {
    const SystemClock system;
    OtlpExporter busy(collector_.url(), {"test", "1"}, settings_, queue_, system, log_);
    {
        ExportThread thread(busy, queue_);
        record(4);  // Half of the queue: worth sending at once.
        const auto deadline = std::chrono::steady_clock::now() + 10s;
        while (exported_ < 4 && std::chrono::steady_clock::now() < deadline) {
            std::this_thread::yield();
        }
        EXPECT_EQ(exported_, 4U);
        record(1);
    }
    EXPECT_EQ(exported_, 5U);
}

}  // namespace
}  // namespace tributary::tracing
