#include "gateway/bucket_trigger.h"

#include <fmt/format.h>
#include <utility>

#include "gateway/invoke_route.h"
#include "http/server.h"

namespace tributary::gateway {
namespace {

class RunningTrigger final : public BucketTrigger {
public:
    RunningTrigger(const AsyncSettings& async, object_store::ObjectStore& store, const Clock& clock,
                   telemetry::Log& log)
        : invoker_(async, store, clock, log, [this] { rescan(); }),
          route_(async.function_name,
                 [this](std::string event) { return invoker_.continue_with(std::move(event)); }) {}
    ~RunningTrigger() override { shutdown(std::chrono::milliseconds(0)); }
    RunningTrigger(const RunningTrigger&) = delete;
    RunningTrigger& operator=(const RunningTrigger&) = delete;

    /// The function needs the Invoke API's address, and everything else the function.
    Result<void> start(TriggerSettings settings, http::EventLoop& loop, const Clock& clock,
                       telemetry::Log& log) {
        auto server = http::Server::listen(loop, {}, route_);
        if (!server) return std::unexpected(server.error());
        server_ = std::move(*server);
        settings.function.environment["AWS_ENDPOINT_URL_LAMBDA"] =
            fmt::format("http://127.0.0.1:{}", server_->port());
        auto host =
            lambda_runtime::FunctionHost::start(std::move(settings.function), loop, clock, log);
        if (!host) return std::unexpected(host.error());
        host_ = std::move(*host);
        invoker_.start(*host_);
        const std::scoped_lock lock(mutex_);
        auto watcher =
            BucketWatcher::start(std::move(settings.watch), clock, log,
                                 [this](const std::string& key) { invoker_.offer(key); });
        if (!watcher) return std::unexpected(watcher.error());
        watcher_ = std::move(*watcher);
        return {};
    }

    [[nodiscard]] AsyncInvoker::Counts counts() const override { return invoker_.counts(); }
    [[nodiscard]] lambda_runtime::FunctionHost::Counts function_counts() const override {
        return host_->counts();
    }

    void shutdown(std::chrono::milliseconds grace) override {
        invoker_.stop();
        std::unique_ptr<BucketWatcher> watcher;
        {
            const std::scoped_lock lock(mutex_);
            watcher = std::move(watcher_);
        }
        watcher.reset();
        if (host_) host_->shutdown(grace);
        if (server_) server_->drain(std::chrono::milliseconds(0));
    }

private:
    /// From the invoker's thread, also before the watcher is there and after it has gone.
    void rescan() {
        const std::scoped_lock lock(mutex_);
        if (watcher_) watcher_->rescan();
    }

    std::mutex mutex_;
    std::unique_ptr<BucketWatcher> watcher_;  ///< Guarded by `mutex_`; outlives the invoker.
    AsyncInvoker invoker_;
    InvokeRoute route_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<lambda_runtime::FunctionHost> host_;
};

}  // namespace

Result<std::unique_ptr<BucketTrigger>> BucketTrigger::start(TriggerSettings settings,
                                                            http::EventLoop& loop,
                                                            object_store::ObjectStore& store,
                                                            const Clock& clock,
                                                            telemetry::Log& log) {
    settings.async.max_running = settings.function.max_instances;
    settings.async.function_name = settings.function.name;
    auto trigger = std::make_unique<RunningTrigger>(settings.async, store, clock, log);
    auto started = trigger->start(std::move(settings), loop, clock, log);
    if (!started) return std::unexpected(started.error());
    return trigger;
}

}  // namespace tributary::gateway
