#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/uuid.h"
#include "lambda_runtime/host.h"
#include "lambda_runtime/instance.h"
#include "lambda_runtime/mailbox.h"

namespace tributary::lambda_runtime {

/// The host's one thread: it starts the instances (they live as long as it does), hands out events,
/// watches the time and reaps. All state but the admission count is its own; callers and instances
/// reach it through the mailbox.
class Scheduler {
public:
    Scheduler(FunctionSettings settings, http::EventLoop& loop, const Clock& clock,
              telemetry::Log& log);
    ~Scheduler();
    Scheduler(const Scheduler&) = delete;
    Scheduler& operator=(const Scheduler&) = delete;

    void invoke(std::string payload, std::string trace_id, Invoker::Done done);
    void shutdown(std::chrono::milliseconds grace);
    [[nodiscard]] FunctionHost::Counts counts() const;

private:
    using State = Instance::State;

    void run();
    void answer(RuntimeCall call);
    void answer_invocation(Instance& instance, RuntimeCall call);
    void begin_stop(std::chrono::milliseconds grace);
    void reap();
    void expire();
    void expire_instance(Instance& instance);
    void dispatch();
    void scale();
    void start_instance();
    void wait_for_something();
    [[nodiscard]] SteadyTime next_due() const;
    [[nodiscard]] bool lacks_instances() const;

    void note_failure(std::string reason);
    void fail_first_waiting(const std::string& type, const std::string& reason);
    void finish(Work work, InvocationResult result);
    [[nodiscard]] Instance* find(std::uint64_t id);
    [[nodiscard]] std::size_t count(State state) const;
    [[nodiscard]] std::size_t alive() const { return instances_.size() - count(State::ending); }
    void publish_counts();
    std::string make_trace_id();

    const FunctionSettings settings_;
    http::EventLoop& loop_;
    const Clock& clock_;
    telemetry::Log& log_;
    const std::shared_ptr<Mailbox> mailbox_;  ///< Shared with calls that may still be on the loop.

    mutable std::mutex admission_;
    std::size_t admitted_ = 0;  ///< Waiting and running.
    bool refuses_ = false;
    FunctionHost::Counts counts_;

    UuidV7 ids_;
    std::vector<std::unique_ptr<Instance>> instances_;  ///< Oldest first.
    std::deque<Work> waiting_;
    std::uint64_t last_instance_ = 0;
    int failures_in_a_row_ = 0;
    SteadyTime may_start_at_{};
    std::optional<SteadyTime>
        stop_at_;  ///< Set once stopping: until when running events may go on.

    std::mutex joining_;
    std::jthread thread_;
};

}  // namespace tributary::lambda_runtime
