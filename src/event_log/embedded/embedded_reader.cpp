#include "event_log/embedded/embedded_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "event_log/embedded/log_database.h"

namespace tributary::event_log {
namespace {

/// How soon a reader looks that missed a signal, or whose folder cannot be watched.
constexpr auto kLongestWait = std::chrono::milliseconds(100);

}  // namespace

EmbeddedReader::EmbeddedReader(EmbeddedLogSettings settings, const Clock& clock, std::string group,
                               std::vector<std::string> topics, RebalanceListener& listener)
    : settings_(std::move(settings)),
      watch_(settings_.path),
      membership_(settings_, clock, std::move(group), std::move(topics), listener) {
}

EmbeddedReader::~EmbeddedReader() {
    if (!closed_ && database_) membership_.leave(*database_);
}

Result<std::vector<Record>> EmbeddedReader::poll(std::chrono::milliseconds max_wait,
                                                 std::size_t max_records) {
    if (closed_) return fail(ErrorCode::shutting_down, "The reader was closed.");
    auto records = look(max_records);
    if (records && records->empty() && max_wait.count() > 0) {
        watch_.wait(std::min(max_wait, kLongestWait));
        records = look(max_records);
    }
    if (!records) {
        note_failure(records.error());
        // Who polls again at once must not burn the processor meanwhile.
        watch_.wait(std::min(max_wait, kLongestWait));
        if (records.error().code != ErrorCode::corrupt_data) {
            return fail(ErrorCode::unavailable, records.error().message);
        }
    }
    return records;
}

/// Looks once, without waiting. What happens after the watch was cleared ends the next wait.
Result<std::vector<Record>> EmbeddedReader::look(std::size_t max_records) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    watch_.clear();
    const auto version = database_->data_version();
    if (!version) return std::unexpected(version.error());
    if (seen_version_ == *version && !membership_.is_due() && !has_unread_) return {};

    if (auto kept = membership_.keep(*database_); !kept) return std::unexpected(kept.error());
    auto records = fetch(max_records);
    if (records) seen_version_ = *version;
    return records;
}

/// Begins behind the partition that was served last, so that a long one does not starve the others.
Result<std::vector<Record>> EmbeddedReader::fetch(std::size_t max_records) {
    std::vector<Record> records;
    ReadLimits limits{.records = max_records};
    auto& cursors = membership_.cursors();
    auto next = cursors.upper_bound(last_served_);
    for (std::size_t i = 0; i < cursors.size() && limits.records > 0; ++i) {
        if (next == cursors.end()) next = cursors.begin();
        auto& [partition, cursor] = *next++;
        if (cursor.paused) continue;
        const auto before = records.size();
        auto read = read_records(*database_, cursor.partition_id, partition, cursor.next_offset,
                                 limits, records);
        if (!read) return std::unexpected(read.error());
        if (records.size() == before) continue;
        cursor.next_offset = records.back().offset + 1;
        last_served_ = partition;
    }
    has_unread_ = limits.records == 0;
    return records;
}

Result<void> EmbeddedReader::commit(const std::vector<OffsetCommit>& offsets) {
    if (offsets.empty()) return {};
    if (closed_) return fail(ErrorCode::shutting_down, "The reader was closed.");
    if (!database_) {
        return fail(ErrorCode::conflict, "This reader has no partitions yet; poll first.");
    }
    auto committed = membership_.commit(*database_, offsets);
    if (!committed) note_failure(committed.error());
    return committed;
}

void EmbeddedReader::pause(const std::vector<TopicPartition>& partitions) {
    for (const auto& partition : partitions) {
        const auto found = membership_.cursors().find(partition);
        if (found != membership_.cursors().end()) found->second.paused = true;
    }
}

void EmbeddedReader::resume(const std::vector<TopicPartition>& partitions) {
    for (const auto& partition : partitions) {
        const auto found = membership_.cursors().find(partition);
        if (found == membership_.cursors().end()) continue;
        found->second.paused = false;
        has_unread_ = true;
    }
}

void EmbeddedReader::close() {
    if (closed_) return;
    if (database_) {
        membership_.revoke_all(*database_);
        membership_.leave(*database_);
    }
    closed_ = true;
    database_.reset();
}

/// The connection is replaced here only: `commit` may be called from within `keep`.
Result<void> EmbeddedReader::connect() {
    if (database_ && !connection_is_broken_) return {};
    database_.reset();
    auto opened = open_log_database(settings_);
    if (!opened) return std::unexpected(opened.error());
    database_ = std::make_unique<sqlite::Database>(std::move(*opened));
    connection_is_broken_ = false;
    seen_version_.reset();
    return {};
}

void EmbeddedReader::note_failure(const Error& error) {
    switch (error.code) {
        case ErrorCode::conflict:
        case ErrorCode::invalid_input:
        case ErrorCode::retry_later: return;
        default: connection_is_broken_ = true;
    }
}

}  // namespace tributary::event_log
