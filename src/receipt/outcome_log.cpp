#include "receipt/outcome_log.h"

#include "tracing/trace_context.h"

namespace tributary::receipt {

void log_outcome(telemetry::Log& log, std::string_view action, std::string_view traceparent,
                 const ItemOutcome& outcome) {
    if (!tracing::is_sampled(traceparent) || !log.is_enabled(telemetry::Level::info)) return;
    const std::string_view trace_id = tracing::trace_id_of(traceparent);
    if (outcome) {
        log.info("An event was accepted.", {{"event.action", action},
                                            {"event.id", outcome->id},
                                            {"event.outcome", "success"},
                                            {"trace.id", trace_id},
                                            {"kafka.topic", outcome->topic},
                                            {"kafka.partition", outcome->partition},
                                            {"kafka.offset", outcome->offset}});
        return;
    }
    // Not the detail, which may quote what was sent.
    const Problem& problem = outcome.error();
    log.info("An event was not accepted.",
             {{"event.action", action},
              {"event.id", problem.id},
              {"event.outcome", problem.fate_unknown ? "unknown" : "failure"},
              {"trace.id", trace_id},
              {"error.code", std::to_string(problem.status)},
              {"error.type", problem.type},
              {"error.message", problem.title}});
}

}  // namespace tributary::receipt
