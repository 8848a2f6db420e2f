#pragma once

#include <optional>
#include <string>
#include <string_view>

/// W3C Trace Context, version 00.
namespace tributary::tracing {

/// Whether the text is a `traceparent` that may be passed on.
bool is_traceparent(std::string_view text);
/// Of a valid `traceparent`; false for any other text.
bool is_sampled(std::string_view traceparent);
/// Of a valid `traceparent`.
std::string_view trace_id_of(std::string_view traceparent);

/// A `traceparent`, taken apart.
struct TraceContext {
    std::string trace_id;  ///< 32 hex digits.
    std::string span_id;   ///< 16 hex digits.
    bool is_sampled = false;
    /// The span id was made here for whoever is first in the trace, and has no parent.
    bool is_new = false;

    static std::optional<TraceContext> parse(std::string_view traceparent);
    [[nodiscard]] std::string traceparent() const;
};

}  // namespace tributary::tracing
