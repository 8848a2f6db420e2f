#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "settings/settings.h"
#include "telemetry/log.h"
#include "tracing/otlp_exporter.h"
#include "tracing/span_queue.h"
#include "tracing/tracer.h"

namespace tributary::apps {

/// A program's traces: begun as TRACE_SAMPLE_PERCENT says, their spans sent to
/// OTEL_EXPORTER_OTLP_ENDPOINT where that is set.
class Traces {
public:
    /// `service` is the spans' `service.name`. All references must outlive this object.
    static Result<std::unique_ptr<Traces>> open(const settings::Settings& settings,
                                                const std::string& service,
                                                tracing::SpanCounts counts, const Clock& clock,
                                                telemetry::Log& log);

    [[nodiscard]] tracing::Tracer& tracer() { return tracer_; }
    /// From now on spans are sent on a thread of their own; the last ones when this object ends.
    void send_meanwhile();
    /// Sends what there is, for processes that may be frozen at any time; soon over.
    void send_now();

private:
    Traces(int sample_percent, bool is_exporting, tracing::SpanCounts counts, const Clock& clock);

    tracing::SpanQueue queue_;
    tracing::Tracer tracer_;
    std::unique_ptr<tracing::OtlpExporter> exporter_;
    std::unique_ptr<tracing::ExportThread> thread_;
};

}  // namespace tributary::apps
