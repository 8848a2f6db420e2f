#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/object_state.h"
#include "gateway/s3_event.h"
#include "lambda_runtime/invoker.h"
#include "object_store/object_store.h"
#include "telemetry/log.h"

namespace tributary::gateway {

struct AsyncSettings {
    std::string bucket = "bucket";
    std::string region = "us-east-1";
    std::string function_name = "lambda_s3";
    int max_tries = 2;
    std::chrono::milliseconds retry_delay{1'000};  ///< Before another try; doubles.
    std::size_t max_running = 2;                   ///< As many instances as there may be.
    std::size_t max_objects = 10'000;              ///< Waiting and running.
};

/// Invokes a function once for every new version of an object, asynchronously, as Lambda does for
/// S3: failed tries are repeated; after the last one the event and the reason are written to
/// `failed/<key>/<version>.json`, in the form of Lambda's own failure destinations. A try that got
/// further than the one before (its checkpoint differs) does not count toward giving up.
///
/// Durable without a journal: an object is done when it has a report or a failure, and the bucket
/// itself is the queue. What is in memory here is lost with the process; offering every object
/// again at the next start restores it. Thread-safe.
class AsyncInvoker {
public:
    /// `wants_more` is called, on a thread of its own, when there is room again after an object was
    /// turned away: offer everything again. The references must outlive this object.
    AsyncInvoker(AsyncSettings settings, object_store::ObjectStore& store, const Clock& clock,
                 telemetry::Log& log, std::function<void()> wants_more);
    /// `stop`, and waits for the invocations that run: shut the function down first.
    ~AsyncInvoker();
    AsyncInvoker(const AsyncInvoker&) = delete;
    AsyncInvoker& operator=(const AsyncInvoker&) = delete;

    /// Begins to invoke. Call once; offers may come before.
    void start(lambda_runtime::Invoker& function);

    /// The object's newest version is to be processed, unless it is done or on its way already.
    /// Reads the store.
    void offer(const std::string& key);
    /// The function wants to go on later with what it is doing: `event`, about one object version,
    /// is invoked when the running invocation has ended, or at once. `invalid_input` for other
    /// events, `retry_later` when there is no room.
    Result<void> continue_with(std::string event);

    /// Returns when nothing more can be begun. What has not succeeded by then is left for the next
    /// start. Idempotent.
    void stop();

    struct Counts {
        std::size_t waiting = 0;
        std::size_t running = 0;
        std::uint64_t succeeded = 0;
        std::uint64_t failed = 0;  ///< For good.
    };
    [[nodiscard]] Counts counts() const;

private:
    /// The way of one object version.
    struct Task {
        explicit Task(SteadyTime due_in) : due(due_in) {}

        SteadyTime due;
        bool is_running = false;                  ///< Or has ended and is not concluded yet.
        int tries = 0;                            ///< Failed ones since the last progress.
        std::size_t progress = 0;                 ///< See ObjectState.
        std::string event;                        ///< Empty until the first try.
        std::optional<std::string> continuation;  ///< To be invoked after the running one.
    };
    using Tasks = std::map<ObjectVersion, Task>;
    struct Finished {
        ObjectVersion object;
        lambda_runtime::InvocationResult result;
    };

    using Lock = std::unique_lock<std::mutex>;  ///< Of `mutex_`; let go of while the store works.
    void run();
    void wait(Lock& lock);
    [[nodiscard]] Tasks::iterator next_due();
    void begin(Lock& lock, Tasks::iterator next);
    void conclude(Lock& lock, const Finished& finished);
    void note_failed_try(Lock& lock, const ObjectVersion& object, Task& task,
                         const lambda_runtime::InvocationFailure& failure);
    void give_up(Lock& lock, const ObjectVersion& object, const Task& task,
                 const lambda_runtime::InvocationFailure& failure);
    void postpone(Task& task, std::chrono::milliseconds delay);
    void on_result(const ObjectVersion& object, lambda_runtime::InvocationResult result);

    const AsyncSettings settings_;
    object_store::ObjectStore& store_;
    const ObjectState state_;
    const Clock& clock_;
    telemetry::Log& log_;
    const std::function<void()> wants_more_;
    lambda_runtime::Invoker* function_ = nullptr;

    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Tasks tasks_;
    std::vector<Finished> finished_;
    std::size_t running_ = 0;
    bool turned_away_ = false;
    bool is_stopping_ = false;
    std::uint64_t succeeded_ = 0;
    std::uint64_t failed_ = 0;
    std::uint64_t sequencer_ = 0;
    std::mutex joining_;
    std::jthread thread_;
};

}  // namespace tributary::gateway
