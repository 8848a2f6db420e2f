#pragma once

#include "telemetry/metrics.h"
#include "tracing/span_queue.h"

namespace tributary::apps {

/// Counts exported and dropped spans as metrics; `metrics` must outlive the queue.
inline tracing::SpanCounts span_counts(telemetry::Metrics& metrics) {
    auto& exported = metrics.counter("tributary_spans_exported_total",
                                     "Spans that an OpenTelemetry collector took.");
    auto& dropped = metrics.counter(
        "tributary_spans_dropped_total",
        "Spans that no collector will get: the queue was full, or it refused them.");
    tracing::SpanCounts counts;
    counts.exported = [&exported](std::size_t spans) { exported.add(static_cast<double>(spans)); };
    counts.dropped = [&dropped](std::size_t spans) { dropped.add(static_cast<double>(spans)); };
    return counts;
}

}  // namespace tributary::apps
