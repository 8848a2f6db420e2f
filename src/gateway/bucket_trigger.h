#pragma once

#include <chrono>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "gateway/async_invoker.h"
#include "gateway/bucket_watcher.h"
#include "http/event_loop.h"
#include "lambda_runtime/host.h"
#include "object_store/object_store.h"
#include "telemetry/log.h"

namespace tributary::gateway {

struct TriggerSettings {
    WatchSettings watch;
    AsyncSettings async;  ///< `max_running` and `function_name` follow `function`.
    /// Gets AWS_ENDPOINT_URL_LAMBDA beside what is in it, so that it can invoke itself.
    lambda_runtime::FunctionSettings function;
};

/// Everything from a file in the bucket's folder to the function that imports it: watcher, durable
/// asynchronous invocations, the function's instances, and the Invoke API for its continuations.
/// Thread-safe.
class BucketTrigger {
public:
    /// Begins at once, with the objects that lie there without a report. The references must
    /// outlive it, and the loop must run until it is shut down.
    static Result<std::unique_ptr<BucketTrigger>> start(TriggerSettings settings,
                                                        http::EventLoop& loop,
                                                        object_store::ObjectStore& store,
                                                        const Clock& clock, telemetry::Log& log);
    virtual ~BucketTrigger() = default;

    [[nodiscard]] virtual AsyncInvoker::Counts counts() const = 0;
    [[nodiscard]] virtual lambda_runtime::FunctionHost::Counts function_counts() const = 0;
    /// Begins nothing new, lets what runs go on for `grace`, and ends the instances. What is not
    /// finished is found again at the next start. Idempotent; the destructor does it with 0.
    virtual void shutdown(std::chrono::milliseconds grace) = 0;
};

}  // namespace tributary::gateway
