#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace tributary::lambda_runtime {

/// The largest event and the largest answer of a synchronous invocation, as Lambda limits them.
inline constexpr std::size_t kMaxPayloadBytes = 6'291'556;

/// Why an invocation has no answer, in the order of how much may have happened.
enum class FailureKind {
    throttled,       ///< Every instance is busy and the queue is full, or it waited too long there.
    shutting_down,   ///< Not begun: the host is ending.
    function_error,  ///< The function answered with an error of its own.
    crashed,         ///< The instance ended before it answered; the fate of the work is unknown.
    timed_out,       ///< The instance overran its time and was killed; the fate is unknown.
};

struct InvocationFailure {
    InvocationFailure(FailureKind kind_in, std::string type_in, std::string message_in)
        : kind(kind_in), type(std::move(type_in)), message(std::move(message_in)) {}

    FailureKind kind;
    std::string type;     ///< As Lambda calls it: `Runtime.ExitError`, or the function's own word.
    std::string message;  ///< A sentence.
};

/// The function's answer, JSON as it came, or why there is none.
using InvocationResult = std::expected<std::string, InvocationFailure>;

/// A function as its callers see it. Thread-safe.
class Invoker {
public:
    using Done = std::move_only_function<void(InvocationResult)>;

    Invoker() = default;
    Invoker(const Invoker&) = delete;
    Invoker& operator=(const Invoker&) = delete;
    virtual ~Invoker() = default;

    /// Calls `done` exactly once: on this thread where the event is refused, else on one of the
    /// host's; it must not block. `trace_id` is an X-Amzn-Trace-Id; empty: one is made.
    virtual void invoke(std::string payload, std::string trace_id, Done done) = 0;
};

}  // namespace tributary::lambda_runtime
