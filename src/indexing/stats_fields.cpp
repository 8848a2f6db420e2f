#include "indexing/stats_fields.h"

namespace tributary::indexing {

std::vector<telemetry::StatsField> stats_fields() {
    using Field = telemetry::StatsField;
    const auto has_verdict = [](const char* verdict) {
        return [=](const telemetry::Labels& labels) { return labels.at("verdict") == verdict; };
    };
    const std::string items = "tributary_consumer_items_total";
    const std::string latency = "tributary_event_indexed_latency_seconds";
    return {
        // Not the items that were created: letters are documents, too.
        Field::count("indexed", latency),
        Field::increase("duplicates", items, has_verdict("duplicate")),
        Field::increase("dead_lettered", "tributary_dead_letters_total"),
        Field::increase("retries", items, has_verdict("try_again")),
        Field::increase("failed_requests", "tributary_index_failed_requests_total"),
        Field::level("lag", "tributary_consumer_lag_records"),
        Field::level("queue_bytes", "tributary_consumer_buffered_bytes"),
        Field::quantile_ms("latency_p50_ms", latency, 0.5),
        Field::quantile_ms("latency_p95_ms", latency, 0.95),
        Field::quantile_ms("latency_p99_ms", latency, 0.99),
    };
}

}  // namespace tributary::indexing
