#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/membership.h"
#include "event_log/embedded/wake_file.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

/// Reads as a member of a group. While nothing changes, a poll is a wait and one cheap question to
/// SQLite; writers raise a signal, so new records are read at once.
class EmbeddedReader final : public Reader {
public:
    EmbeddedReader(EmbeddedLogSettings settings, const Clock& clock, std::string group,
                   std::vector<std::string> topics, RebalanceListener& listener);
    ~EmbeddedReader() override;

    /// Returns earlier than `max_wait` when something happened that brought no records.
    Result<std::vector<Record>> poll(std::chrono::milliseconds max_wait,
                                     std::size_t max_records) override;
    Result<void> commit(const std::vector<OffsetCommit>& offsets) override;
    void pause(const std::vector<TopicPartition>& partitions) override;
    void resume(const std::vector<TopicPartition>& partitions) override;
    [[nodiscard]] Result<void> ready() const override { return {}; }
    [[nodiscard]] std::uint64_t replacements() const override { return 0; }
    void close() override;

private:
    Result<std::vector<Record>> look(std::size_t max_records);
    Result<std::vector<Record>> fetch(std::size_t max_records);
    Result<void> connect();
    void note_failure(const Error& error);

    const EmbeddedLogSettings settings_;
    const WakeWatch watch_;
    Membership membership_;
    std::unique_ptr<sqlite::Database> database_;
    bool connection_is_broken_ = false;
    std::optional<std::int64_t> seen_version_;  ///< Of the data that was read to its end.
    bool has_unread_ = false;                   ///< More to read although nothing changed.
    TopicPartition last_served_;
    bool closed_ = false;
};

}  // namespace tributary::event_log
