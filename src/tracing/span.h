#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "tracing/trace_context.h"

namespace tributary::tracing {

/// One piece of work within a trace, as OpenTelemetry has it.
struct Span {
    enum class Kind { internal = 1, server, client, producer, consumer };  ///< OTLP's numbers.
    using Value = std::variant<std::string, std::int64_t>;

    TraceContext context;   ///< Its own: what it gives to whomever it calls.
    std::string parent_id;  ///< Empty: it is the first of its trace.
    std::string name;
    Kind kind = Kind::internal;
    Timestamp began_at;
    SteadyTime began;
    std::chrono::nanoseconds duration{0};  ///< Known once it has ended.
    std::vector<std::pair<std::string, Value>> attributes;
    std::string failure;  ///< What went wrong, in a word; empty: nothing did.

    void set(std::string attribute, Value value) {
        attributes.emplace_back(std::move(attribute), std::move(value));
    }
};

}  // namespace tributary::tracing
