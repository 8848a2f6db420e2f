#pragma once

#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/client.h"
#include "telemetry/log.h"
#include "tracing/otlp_json.h"
#include "tracing/span_queue.h"

namespace tributary::tracing {

struct ExportSettings {
    std::size_t max_batch = 512;
    std::chrono::milliseconds attempt_timeout{3'000};
    /// After a failure, unless the collector asks for more.
    std::chrono::milliseconds pause{5'000};
};

/// Sends spans to an OpenTelemetry collector: OTLP over HTTP with JSON. A batch that the collector
/// does not take now is kept and sent again after a pause, while the queue fills and then drops;
/// one that it refuses is dropped. Blocks; one thread at a time.
class OtlpExporter {
public:
    /// `endpoint` as OTEL_EXPORTER_OTLP_ENDPOINT has it: `/v1/traces` is put behind its path. All
    /// references must outlive the exporter.
    OtlpExporter(http::Url endpoint, SpanSource source, ExportSettings settings, SpanQueue& queue,
                 const Clock& clock, telemetry::Log& log);

    /// Sends what waits, unless it is still to pause; returns soon after `limit`.
    void send(std::chrono::milliseconds limit);
    /// The last chance: sends whatever the pause, and drops what is left.
    void finish(std::chrono::milliseconds limit);

private:
    /// False where nothing more can be sent now.
    bool send_batch(std::chrono::milliseconds limit);
    void pause(const Error& error, std::chrono::milliseconds at_least);

    const SpanSource source_;
    const ExportSettings settings_;
    SpanQueue& queue_;
    const Clock& clock_;
    telemetry::Log& log_;
    http::Client client_;
    std::vector<Span> batch_;  ///< Taken from the queue, not delivered yet.
    SteadyTime not_before_;
};

/// Calls an exporter's `send` on a thread of its own, about once a second, and its `finish` at the
/// end, which a silent collector delays by some seconds.
class ExportThread {
public:
    /// Both must outlive this object.
    ExportThread(OtlpExporter& exporter, SpanQueue& queue);

private:
    std::jthread thread_;
};

}  // namespace tributary::tracing
