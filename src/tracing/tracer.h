#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "tracing/span.h"
#include "tracing/span_queue.h"
#include "tracing/trace_context.h"

namespace tributary::tracing {

/// Begins traces where a request or an invocation brings none, and makes the spans of those that
/// are sampled. Thread-safe and never blocks; without a queue for spans there are none, at no cost.
class Tracer {
public:
    /// So many of a hundred traces begun here are marked as sampled. Ids are seeded from the
    /// operating system. `clock` and `spans` (which may be null) must outlive the tracer.
    Tracer(int sample_percent, const Clock& clock, SpanQueue* spans = nullptr);

    /// A new trace.
    TraceContext begin_trace();
    /// The trace of a Lambda invocation, `Root=1-…;Parent=…;Sampled=…`; a new one where that names
    /// none. What X-Ray samples is sampled; of the rest our own share is, since X-Ray says
    /// `Sampled=0` also where nobody has asked it to trace.
    TraceContext trace_of_invocation(std::string_view xray_trace_id);
    /// Another span of the same trace.
    TraceContext child_of(const TraceContext& parent);

    [[nodiscard]] bool is_exporting() const { return spans_ != nullptr; }
    /// A span that begins now, a child of `traceparent`; none unless that is sampled and spans are
    /// exported.
    std::optional<Span> begin(std::string name, Span::Kind kind, std::string_view traceparent);
    /// The same; of a trace that was begun here it is the first, with the span id made for it.
    std::optional<Span> begin(std::string name, Span::Kind kind, const TraceContext& parent);
    /// Puts the beginning of a span back.
    void begun_at(Span& span, SteadyTime time) const;
    /// It has ended now, and goes to the queue.
    void end(Span span);

private:
    std::uint64_t random();
    bool is_in_sample();

    const Clock& clock_;
    SpanQueue* spans_;
    const std::uint64_t sampled_below_;
    std::atomic<std::uint64_t> state_;
};

}  // namespace tributary::tracing
