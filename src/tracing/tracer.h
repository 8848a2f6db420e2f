#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "tracing/trace_context.h"

namespace tributary::tracing {

/// Begins traces where a request or an invocation brings none. Cheap and thread-safe: no lock, no
/// system call.
class Tracer {
public:
    /// So many of a hundred traces begun here are marked as sampled. Seeded from the operating
    /// system.
    explicit Tracer(int sample_percent);

    /// A new trace.
    TraceContext begin_trace();
    /// The trace of a Lambda invocation, `Root=1-…;Parent=…;Sampled=…`; a new one where that names
    /// none. What X-Ray samples is sampled; of the rest our own share is, since X-Ray says
    /// `Sampled=0` also where nobody has asked it to trace.
    TraceContext trace_of_invocation(std::string_view xray_trace_id);
    /// Another span of the same trace.
    TraceContext child_of(const TraceContext& parent);

private:
    std::uint64_t random();
    bool is_in_sample();

    const std::uint64_t sampled_below_;
    std::atomic<std::uint64_t> state_;
};

}  // namespace tributary::tracing
