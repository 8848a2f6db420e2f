#include "ingest/stats_fields.h"

namespace tributary::ingest {

std::vector<telemetry::StatsField> stats_fields() {
    using Field = telemetry::StatsField;
    const auto is_unknown = [](const telemetry::Labels& labels) {
        return labels.at("reason") == "fate-unknown";
    };
    const auto is_rejected = [=](const telemetry::Labels& labels) { return !is_unknown(labels); };
    return {
        Field::increase("requests", "tributary_http_requests_total"),
        Field::increase("accepted", "tributary_events_accepted_total"),
        Field::increase("rejected", "tributary_events_rejected_total", is_rejected),
        Field::increase("unknown", "tributary_events_rejected_total", is_unknown),
        Field::level("queue_bytes", "tributary_queue_bytes"),
        Field::level("open_answers", "tributary_open_answers"),
    };
}

}  // namespace tributary::ingest
