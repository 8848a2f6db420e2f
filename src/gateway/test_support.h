#pragma once

#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "lambda_runtime/invoker.h"
#include "telemetry/log.h"

/// What several of the gateway's tests need.
namespace tributary::gateway {

/// A folder of its own, removed at the end.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "tributary_gateway_XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

inline void write_file(const std::filesystem::path& path, std::string_view content) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << content;
}

inline telemetry::Log quiet_log(const Clock& clock) {
    telemetry::Log::Settings settings;
    settings.service = "test";
    settings.fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    return {settings, clock};
}

/// Waits for what other threads or processes bring about; false after 20 s.
template <class Condition>
bool becomes(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
}

/// A function whose answers the test gives.
class ScriptedInvoker final : public lambda_runtime::Invoker {
public:
    void invoke(std::string payload, std::string trace_id, Done done) override {
        const std::scoped_lock lock(mutex_);
        calls_.push_back({std::move(payload), std::move(trace_id), std::move(done)});
    }

    [[nodiscard]] std::size_t calls() const {
        const std::scoped_lock lock(mutex_);
        return calls_.size();
    }
    [[nodiscard]] std::string payload(std::size_t call) const {
        const std::scoped_lock lock(mutex_);
        return calls_.at(call).payload;
    }
    [[nodiscard]] std::string trace_id(std::size_t call) const {
        const std::scoped_lock lock(mutex_);
        return calls_.at(call).trace_id;
    }
    void answer(std::size_t call, lambda_runtime::InvocationResult result) {
        Done done;
        {
            const std::scoped_lock lock(mutex_);
            done = std::move(calls_.at(call).done);
        }
        done(std::move(result));
    }
    void fail(std::size_t call, lambda_runtime::FailureKind kind) {
        answer(call, std::unexpected(
                         lambda_runtime::InvocationFailure(kind, "Fake.Type", "It went wrong.")));
    }

private:
    struct Call {
        std::string payload;
        std::string trace_id;
        Done done;
    };
    mutable std::mutex mutex_;
    std::vector<Call> calls_;
};

}  // namespace tributary::gateway
