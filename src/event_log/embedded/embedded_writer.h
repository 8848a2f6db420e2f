#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/record_appender.h"
#include "event_log/event_log.h"

namespace tributary::event_log {

/// Collects what many callers append, and writes it on a thread of its own: one transaction, one
/// sync, for everything that came while the one before was written.
class EmbeddedWriter final : public Writer {
public:
    EmbeddedWriter(EmbeddedLogSettings settings, const Clock& clock);
    /// What still waits gets `shutting_down`. Blocks while a transaction is under way, at most the
    /// write deadline and a sync.
    ~EmbeddedWriter() override;

    void append(std::vector<NewRecord> records, Done done) override;
    [[nodiscard]] Result<void> ready() const override;
    [[nodiscard]] std::size_t queued_bytes() const override;
    [[nodiscard]] std::chrono::milliseconds expected_wait() const override;
    void drain(std::chrono::milliseconds limit) override;

private:
    /// One call of `append`, until its last outcome is known.
    struct Call {
        Done done;
        std::vector<AppendOutcome> outcomes;
        std::size_t open = 0;
    };
    struct QueuedRecord {
        NewRecord record;
        std::size_t bytes = 0;
        std::shared_ptr<Call> call;  ///< Shared by the records of one call.
        std::size_t index = 0;       ///< Of the record within its call.
    };
    using Calls = std::vector<std::shared_ptr<Call>>;

    Result<void> admit(const NewRecord& record, std::size_t bytes) const;
    void run(const std::stop_token& stop);
    bool take_group(const std::stop_token& stop);
    void write_group();
    void note_group(std::size_t bytes, SteadyTime begin, const AppendOutcome& outcome);
    void settle(const QueuedRecord& queued, AppendOutcome outcome, Calls& finished);
    void settle_queue(const Error& error, Calls& finished);
    static void answer(const Calls& finished);

    const EmbeddedLogSettings settings_;
    const Clock& clock_;

    mutable std::mutex mutex_;
    std::condition_variable_any work_arrived_;
    std::condition_variable outcomes_delivered_;
    std::deque<QueuedRecord> queue_;
    std::size_t queued_bytes_ = 0;
    bool draining_ = false;
    bool group_was_given_up_ = false;  ///< `drain` answered for the group under way.
    std::size_t undelivered_ = 0;      ///< Calls whose `done` was not yet called.
    double bytes_per_millisecond_;
    /// Why the last group failed, and until when that is held to be so.
    std::optional<Error> trouble_;
    SteadyTime trouble_until_;

    /// Filled under the lock, then read by the writing thread and, under the lock, by `drain`.
    std::vector<QueuedRecord> group_;
    RecordAppender appender_;
    std::jthread thread_;  ///< Last: it uses everything above.
};

}  // namespace tributary::event_log
