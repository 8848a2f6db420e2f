#include "lambda_runtime/host.h"

#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <unistd.h>

#include "lambda_runtime/scheduler.h"

namespace tributary::lambda_runtime {

Result<std::unique_ptr<FunctionHost>> FunctionHost::start(FunctionSettings settings,
                                                          http::EventLoop& loop, const Clock& clock,
                                                          telemetry::Log& log) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(settings.bootstrap, ignored) ||
        ::access(settings.bootstrap.c_str(), X_OK) != 0) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The function {} cannot be run: {} is not an executable file.",
                                settings.name, settings.bootstrap));
    }
    if (settings.max_instances == 0 || settings.min_instances > settings.max_instances) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The function {} cannot be run with at least {} and at most {} "
                                "instances.",
                                settings.name, settings.min_instances, settings.max_instances));
    }
    auto scheduler = std::make_unique<Scheduler>(std::move(settings), loop, clock, log);
    return std::unique_ptr<FunctionHost>(new FunctionHost(std::move(scheduler)));
}

FunctionHost::FunctionHost(std::unique_ptr<Scheduler> scheduler)
    : scheduler_(std::move(scheduler)) {
}

FunctionHost::~FunctionHost() = default;

void FunctionHost::invoke(std::string payload, std::string trace_id, Done done) {
    scheduler_->invoke(std::move(payload), std::move(trace_id), std::move(done));
}

InvocationResult FunctionHost::invoke_and_wait(std::string payload) {
    std::promise<InvocationResult> promise;
    auto result = promise.get_future();
    invoke(std::move(payload), {},
           [&promise](InvocationResult outcome) { promise.set_value(std::move(outcome)); });
    return result.get();
}

void FunctionHost::shutdown(std::chrono::milliseconds grace) {
    scheduler_->shutdown(grace);
}

FunctionHost::Counts FunctionHost::counts() const {
    return scheduler_->counts();
}

}  // namespace tributary::lambda_runtime
