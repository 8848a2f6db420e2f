#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "event_log/embedded/embedded_log.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

/// Looks at the log on a connection of its own, which calls take in turn.
class EmbeddedInspector final : public Inspector {
public:
    explicit EmbeddedInspector(EmbeddedLogSettings settings) : settings_(std::move(settings)) {}

    Result<std::vector<TopicPartition>> partitions(const std::string& topic) override;
    Result<Range> range(const TopicPartition& partition) override;
    Result<CommittedOffset> committed(const std::string& group,
                                      const TopicPartition& partition) override;
    Result<std::vector<Record>> read(const TopicPartition& partition, std::int64_t offset,
                                     std::size_t max_records) override;
    Result<std::string> engine() override;

private:
    /// Calls `look` with the connection, within one snapshot.
    template <class T, class Look>
    Result<T> in_snapshot(Look look);

    const EmbeddedLogSettings settings_;
    std::mutex mutex_;
    std::unique_ptr<sqlite::Database> database_;
};

}  // namespace tributary::event_log
