#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "indexing/buffer.h"
#include "indexing/verdicts.h"
#include "telemetry/metrics.h"

namespace tributary::indexing {

/// What the Consumer counts; the names stand in docs/metrics.md. Thread-safe.
class IndexingMetrics {
public:
    /// `metrics` must outlive this object. Every series exists from the start, with zero.
    explicit IndexingMetrics(telemetry::Metrics& metrics);

    void count_item(Verdict verdict);
    void count_dead_letter(Verdict reason);
    void count_failed_request();
    void count_retried_document();
    void count_reader_replacements(std::uint64_t count);
    void observe_bulk(std::size_t documents, std::size_t bytes, double seconds);
    void observe_latency(double seconds);
    void set_load(const BufferUsage& usage, std::size_t documents_in_flight);

private:
    std::vector<telemetry::Counter*> items_;         ///< By verdict; never null.
    std::vector<telemetry::Counter*> dead_letters_;  ///< By verdict; null where it is no reason.
    telemetry::Counter& failed_requests_;
    telemetry::Counter& retried_documents_;
    telemetry::Counter& reader_replacements_;
    telemetry::Histogram& bulk_seconds_;
    telemetry::Histogram& bulk_documents_;
    telemetry::Histogram& bulk_bytes_;
    telemetry::Histogram& latency_;
    telemetry::Gauge& in_flight_;
    telemetry::Gauge& buffered_records_;
    telemetry::Gauge& buffered_bytes_;
};

}  // namespace tributary::indexing
