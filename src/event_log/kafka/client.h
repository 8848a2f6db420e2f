#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "base/result.h"
#include "event_log/kafka/handles.h"

namespace tributary::event_log::kafka {

/// What librdkafka calls back. `log` comes from any of its threads, `rebalance` from within a call
/// that serves its queues, on the caller's thread.
struct Callbacks {
    std::function<void(int severity, std::string_view line)> log;
    std::function<void(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t& partitions)>
        rebalance;
};

/// One instance of librdkafka: its threads, its connections. Thread-safe, as librdkafka is.
class Client {
public:
    /// `invalid_input` when the configuration makes no sense to librdkafka (a CA file that is not
    /// there, say). No broker is asked.
    static Result<std::unique_ptr<Client>> open(rd_kafka_type_t type, ConfHandle configuration,
                                                Callbacks callbacks);

    [[nodiscard]] rd_kafka_t* get() const { return handle_.get(); }

    /// Why a connection was last given up, in librdkafka's words: a refused login, a certificate, a
    /// port where nobody listens. Empty where none was. It is remembered for good: cite it only
    /// where no broker answers.
    [[nodiscard]] std::string last_failure() const;

private:
    struct Destroy {
        void operator()(rd_kafka_t* handle) const;
    };

    explicit Client(Callbacks callbacks) : callbacks_(std::move(callbacks)) {}
    static void pass_log(const rd_kafka_t* handle, int severity, const char* facility,
                         const char* text);
    static void pass_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t kind,
                               rd_kafka_topic_partition_list_t* partitions, void* opaque);

    // What librdkafka's threads call must outlive the handle.
    Callbacks callbacks_;
    mutable std::mutex mutex_;
    std::string last_failure_;
    std::unique_ptr<rd_kafka_t, Destroy> handle_;
};

/// How long the end of an instance is worth waiting for.
inline constexpr std::chrono::milliseconds kDestruction{5'000};

/// Gives up this share of `object` on a thread of its own, and waits at most `limit` for that.
/// Destroying an instance of librdkafka may take long, and version 2.0.2 is known to hang there:
/// then that thread is left behind with it. Returns whether it was done in time.
bool destroy_within(std::shared_ptr<void> object, std::chrono::milliseconds limit);

}  // namespace tributary::event_log::kafka
