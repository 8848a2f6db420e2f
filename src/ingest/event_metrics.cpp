#include "ingest/event_metrics.h"

namespace tributary::ingest {
namespace {

telemetry::Counter& late(telemetry::Metrics& metrics, const char* outcome) {
    return metrics.counter("tributary_late_outcomes_total",
                           "Events whose outcome came after their 504 was sent.",
                           {{"outcome", outcome}});
}

telemetry::Counter& rejected(telemetry::Metrics& metrics, const std::string& reason) {
    return metrics.counter("tributary_events_rejected_total",
                           "Events for which a problem was given, by its kind.",
                           {{"reason", reason}});
}

/// `/problems/invalid-event` -> `invalid-event`: a bounded set.
std::string reason_of(const receipt::Problem& problem) {
    return problem.type.substr(problem.type.rfind('/') + 1);
}

}  // namespace

EventMetrics::EventMetrics(telemetry::Metrics& metrics, const event::Catalog& catalog)
    : metrics_(metrics),
      late_accepted_(late(metrics, "accepted")),
      late_failed_(late(metrics, "failed")),
      delivery_(metrics.histogram("tributary_delivery_seconds",
                                  "From handing a request's events to the log until it reported "
                                  "on all of them.",
                                  telemetry::latency_bounds())) {
    // An alert waits for its first one, and can only see a series grow that is there.
    rejected(metrics, "fate-unknown");
    for (const event::EntityType& type : catalog.types()) {
        accepted_[type.name] =
            &metrics.counter("tributary_events_accepted_total",
                             "Events for which a receipt was given.", {{"type", type.name}});
    }
}

void EventMetrics::count(const std::vector<receipt::ItemOutcome>& outcomes) {
    for (const receipt::ItemOutcome& outcome : outcomes) {
        if (outcome) {
            accepted_.find(outcome->type)->second->add();
            continue;
        }
        rejected(metrics_, reason_of(outcome.error())).add();
    }
}

void EventMetrics::count_late(bool is_accepted) {
    (is_accepted ? late_accepted_ : late_failed_).add();
}

}  // namespace tributary::ingest
