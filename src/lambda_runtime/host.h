#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/event_loop.h"
#include "lambda_runtime/invoker.h"
#include "process/child_process.h"
#include "telemetry/log.h"

namespace tributary::lambda_runtime {

class Scheduler;

struct FunctionSettings {
    std::string name;       ///< `lambda_api`
    std::string bootstrap;  ///< Path of the executable.
    /// Beside what Lambda itself sets (AWS_LAMBDA_…, LAMBDA_TASK_ROOT, AWS_REGION).
    process::Environment environment;
    std::chrono::milliseconds timeout{28'000};       ///< Of one invocation, once begun.
    std::chrono::milliseconds init_timeout{10'000};  ///< From start to the first `next`.
    std::chrono::milliseconds max_wait{1'000};       ///< For a free instance; then throttled.
    std::chrono::milliseconds idle_time{60'000};     ///< After which extra instances are retired.
    /// Before an instance that failed is replaced; doubles up to `max_backoff` while they fail.
    std::chrono::milliseconds first_backoff{50};
    std::chrono::milliseconds max_backoff{5'000};
    std::size_t memory_megabytes = 256;  ///< Told to the function; not enforced.
    std::size_t min_instances = 1;       ///< Kept warm.
    std::size_t max_instances = 4;
    std::size_t max_waiting = 256;  ///< Events without an instance; further ones are throttled.
    std::string region = "us-east-1";
    int output_fd = -1;  ///< Where the instances' output goes; -1: where ours goes.
};

/// Runs one function as Lambda does: processes that fetch events over the Runtime API, each one
/// event at a time, more of them under load, replaced when they die or overrun. Every instance has
/// a listener of its own on 127.0.0.1, so that the unchanged protocol tells them apart. All
/// instances end with this object, or with this process. Thread-safe.
class FunctionHost final : public Invoker {
public:
    /// Starts `min_instances`. `invalid_input` where the bootstrap is not an executable file.
    /// `loop`, `clock` and `log` must outlive the host; the loop must run until it is shut down.
    static Result<std::unique_ptr<FunctionHost>> start(FunctionSettings settings,
                                                       http::EventLoop& loop, const Clock& clock,
                                                       telemetry::Log& log);
    /// `shutdown(0)`.
    ~FunctionHost() override;

    void invoke(std::string payload, std::string trace_id, Done done) override;
    /// The same, blocking. Not on a thread of the loop.
    InvocationResult invoke_and_wait(std::string payload);

    /// Refuses new events, fails the waiting ones, lets the running ones finish for `grace`; then
    /// SIGTERM, and SIGKILL a second later. Blocks until no instance is left. Idempotent.
    void shutdown(std::chrono::milliseconds grace);

    struct Counts {
        std::size_t instances = 0;  ///< Alive, starting ones included.
        std::size_t ready = 0;      ///< Of these, such as have set themselves up.
        std::size_t running = 0;    ///< Events being worked on.
        std::size_t waiting = 0;    ///< Events without an instance.
    };
    [[nodiscard]] Counts counts() const;

private:
    explicit FunctionHost(std::unique_ptr<Scheduler> scheduler);
    std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace tributary::lambda_runtime
