#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "http/client.h"
#include "ingest/producer_service.h"
#include "ingest/scripted_writer.h"
#include "telemetry/captured_log.h"

namespace tributary::ingest {

/// A Producer on a port of this machine, over a scripted log and a clock that the test moves.
class RunningProducer {
public:
    explicit RunningProducer(IngestSettings settings = {}, bool exports_spans = false)
        : tracer(0, clock, exports_spans ? &spans : nullptr),
          service(std::move(settings), catalog, writer, loop_, metrics, log, tracer, clock) {
        loop_.start(2);
        auto listening = http::Server::listen(loop_, {}, service);
        if (!listening) throw std::runtime_error(listening.error().message);
        server_ = std::move(*listening);
    }
    ~RunningProducer() {
        writer.release();
        server_->drain(std::chrono::seconds(5));
    }
    RunningProducer(const RunningProducer&) = delete;
    RunningProducer& operator=(const RunningProducer&) = delete;

    using Fields = std::vector<std::pair<std::string, std::string>>;

    /// Sends on a connection of its own.
    http::Response send(const std::string& method, const std::string& target,
                        const std::string& body = {}, const Fields& fields = {}) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        for (const auto& [name, value] : fields) request.headers.add(name, value);
        http::Client client(
            http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port())).value());
        auto response = client.send(std::move(request), std::chrono::seconds(20));
        if (response) return std::move(*response);
        ADD_FAILURE() << method << " " << target << ": " << response.error().message;
        return {};
    }
    http::Response post(const std::string& body, const Fields& fields = {}) {
        return send("POST", "/produce", body, fields);
    }
    http::Response get(const std::string& target) { return send("GET", target); }

    ManualClock clock;
    const event::Catalog catalog = event::Catalog::built_in();
    ScriptedWriter writer;
    telemetry::Metrics metrics;
    telemetry::CapturedLog log{clock};
    tracing::SpanQueue spans{1'000};
    tracing::Tracer tracer;

private:
    http::EventLoop loop_;

public:
    ProducerService service;

private:
    std::unique_ptr<http::Server> server_;
};

/// Waits until `condition` holds; false after ten seconds.
template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

}  // namespace tributary::ingest
