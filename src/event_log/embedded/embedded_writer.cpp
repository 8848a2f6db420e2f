#include "event_log/embedded/embedded_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "event_log/embedded/log_database.h"

namespace tributary::event_log {
namespace {

/// A group is what one transaction writes: enough to share the cost of its sync, little enough to
/// let other processes write too.
constexpr std::size_t kGroupRecords = 2'000;
constexpr std::size_t kGroupBytes = std::size_t{4} << 20;

/// Until the first group was measured: a slow disk.
constexpr double kAssumedBytesPerMillisecond = 4'096;
/// How much the newest measurement counts.
constexpr double kWeightOfNewest = 0.2;
constexpr auto kWaitInTrouble = std::chrono::milliseconds(1'000);

std::size_t size_of(const NewRecord& record) {
    auto bytes = record.key.size() + record.value.size();
    for (const auto& header : record.headers) bytes += header.name.size() + header.value.size();
    return bytes;
}

/// A dead letter holds a whole record and says what was wrong with it.
std::size_t max_bytes(const EmbeddedLogSettings& settings, std::string_view topic) {
    constexpr std::size_t kRoomForReasons = std::size_t{64} << 10;
    const auto is_dead_letter = topic.ends_with(dead_letter_topic(""));
    return settings.max_record_bytes + (is_dead_letter ? kRoomForReasons : 0);
}

/// What a record costs while it waits, so that a million empty ones fill the queue too.
std::size_t cost_of(std::size_t bytes) {
    constexpr std::size_t kOverhead = 256;
    return bytes + kOverhead;
}

}  // namespace

EmbeddedWriter::EmbeddedWriter(EmbeddedLogSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      bytes_per_millisecond_(kAssumedBytesPerMillisecond),
      appender_(settings_, clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

EmbeddedWriter::~EmbeddedWriter() {
    thread_.request_stop();
    thread_.join();
}

void EmbeddedWriter::append(std::vector<NewRecord> records, Done done) {
    auto call = std::make_shared<Call>();
    call->done = std::move(done);
    call->outcomes.resize(records.size());
    {
        const std::lock_guard lock(mutex_);
        std::optional<Error> full;
        for (std::size_t i = 0; i < records.size(); ++i) {
            const auto bytes = size_of(records[i]);
            auto admitted = full ? std::unexpected(*full) : admit(records[i], bytes);
            if (!admitted) {
                // What follows a record that did not fit is refused too: the order stays.
                if (admitted.error().code != ErrorCode::invalid_input) full = admitted.error();
                call->outcomes[i] = std::unexpected(std::move(admitted.error()));
                continue;
            }
            queued_bytes_ += cost_of(bytes);
            ++call->open;
            queue_.push_back({std::move(records[i]), cost_of(bytes), call, i});
        }
        if (call->open > 0) {
            ++undelivered_;
            work_arrived_.notify_one();
            return;
        }
    }
    call->done(std::move(call->outcomes));
}

Result<void> EmbeddedWriter::admit(const NewRecord& record, std::size_t bytes) const {
    if (draining_) {
        return fail(ErrorCode::shutting_down,
                    "The log's writer is being closed; nothing was "
                    "written. Try another instance.");
    }
    if (const auto limit = max_bytes(settings_, record.topic); bytes > limit) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("A record of {} bytes for the topic '{}' is too large: the limit "
                                "is {} bytes.",
                                bytes, record.topic, limit));
    }
    if (queued_bytes_ + cost_of(bytes) > settings_.max_queued_bytes) {
        return fail(ErrorCode::retry_later,
                    fmt::format("The log's queue is full with {} bytes; retry when they are "
                                "written.",
                                queued_bytes_));
    }
    return {};
}

Result<void> EmbeddedWriter::ready() const {
    {
        const std::lock_guard lock(mutex_);
        if (draining_) return fail(ErrorCode::shutting_down, "The log's writer is being closed.");
        if (queued_bytes_ >= settings_.max_queued_bytes) {
            return fail(ErrorCode::retry_later, "The log's queue is full.");
        }
        if (trouble_ && clock_.steady_now() < trouble_until_) return std::unexpected(*trouble_);
    }
    return check_free_space(settings_);
}

std::size_t EmbeddedWriter::queued_bytes() const {
    const std::lock_guard lock(mutex_);
    return queued_bytes_;
}

std::chrono::milliseconds EmbeddedWriter::expected_wait() const {
    const auto in_trouble = !ready();
    const std::lock_guard lock(mutex_);
    const auto drains_in = static_cast<double>(queued_bytes_) / bytes_per_millisecond_;
    const auto wait = std::chrono::milliseconds(static_cast<std::int64_t>(drains_in) + 1);
    return in_trouble ? std::max(wait, kWaitInTrouble) : wait;
}

void EmbeddedWriter::drain(std::chrono::milliseconds limit) {
    Calls finished;
    {
        std::unique_lock lock(mutex_);
        draining_ = true;
        if (outcomes_delivered_.wait_for(lock, limit, [this] { return undelivered_ == 0; })) return;
        const Error unknown(ErrorCode::timed_out,
                            fmt::format("The log did not take the record within the {} ms given to "
                                        "shut down; it may have been written.",
                                        limit.count()));
        for (const auto& queued : group_) {
            if (!group_was_given_up_) settle(queued, std::unexpected(unknown), finished);
        }
        group_was_given_up_ = !group_.empty();
        settle_queue(unknown, finished);
        undelivered_ -= finished.size();
    }
    answer(finished);
}

void EmbeddedWriter::run(const std::stop_token& stop) {
    while (take_group(stop)) write_group();
    Calls finished;
    {
        const std::lock_guard lock(mutex_);
        draining_ = true;
        settle_queue({ErrorCode::shutting_down,
                      "The log's writer was closed; nothing was "
                      "written."},
                     finished);
    }
    answer(finished);
}

/// Waits for records and moves the first of them from the queue to the group; false: time to stop.
bool EmbeddedWriter::take_group(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    work_arrived_.wait(lock, stop, [this] { return !queue_.empty(); });
    if (stop.stop_requested()) return false;
    std::size_t bytes = 0;
    while (!queue_.empty() && group_.size() < kGroupRecords) {
        bytes += queue_.front().bytes;
        if (bytes > kGroupBytes && !group_.empty()) break;
        group_.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return true;
}

void EmbeddedWriter::write_group() {
    RecordAppender::Group records;
    records.reserve(group_.size());
    std::size_t bytes = 0;
    for (const auto& queued : group_) {
        records.emplace_back(queued.record);
        bytes += queued.bytes;
    }
    const auto begin = clock_.steady_now();
    auto outcomes = appender_.append(records);
    note_group(bytes, begin, outcomes.front());

    Calls finished;
    {
        const std::lock_guard lock(mutex_);
        for (std::size_t i = 0; i < group_.size() && !group_was_given_up_; ++i) {
            settle(group_[i], std::move(outcomes[i]), finished);
        }
        group_was_given_up_ = false;
        group_.clear();
    }
    answer(finished);
    const std::lock_guard lock(mutex_);
    undelivered_ -= finished.size();
    if (undelivered_ == 0) outcomes_delivered_.notify_all();
}

/// Learns from a written group how fast the log drains, and whether it is in trouble.
void EmbeddedWriter::note_group(std::size_t bytes, SteadyTime begin, const AppendOutcome& outcome) {
    const auto end = clock_.steady_now();
    const std::chrono::duration<double, std::milli> took = end - begin;
    const std::lock_guard lock(mutex_);
    if (!outcome && outcome.error().code != ErrorCode::not_found) {
        trouble_ = outcome.error();
        trouble_until_ = end + settings_.write_deadline;
        return;
    }
    trouble_.reset();
    if (took.count() <= 0) return;
    const auto measured = static_cast<double>(bytes) / took.count();
    bytes_per_millisecond_ += kWeightOfNewest * (measured - bytes_per_millisecond_);
}

/// Under the lock. Calls that have all their outcomes now are added to `finished`.
void EmbeddedWriter::settle(const QueuedRecord& queued, AppendOutcome outcome, Calls& finished) {
    queued_bytes_ -= queued.bytes;
    queued.call->outcomes[queued.index] = std::move(outcome);
    if (--queued.call->open == 0) finished.push_back(queued.call);
}

/// Under the lock: one outcome for all that was not begun.
void EmbeddedWriter::settle_queue(const Error& error, Calls& finished) {
    for (const auto& queued : queue_) settle(queued, std::unexpected(error), finished);
    queue_.clear();
}

/// Without the lock: `done` may append again.
void EmbeddedWriter::answer(const Calls& finished) {
    for (const auto& call : finished) call->done(std::move(call->outcomes));
}

}  // namespace tributary::event_log
