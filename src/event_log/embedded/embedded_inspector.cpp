#include "event_log/embedded/embedded_inspector.h"

#include <fmt/format.h>

#include "event_log/embedded/group_table.h"
#include "event_log/embedded/log_database.h"

namespace tributary::event_log {

template <class T, class Look>
Result<T> EmbeddedInspector::in_snapshot(Look look) {
    const std::lock_guard lock(mutex_);
    if (!database_) {
        auto opened = open_log_database(settings_);
        if (!opened) return std::unexpected(opened.error());
        database_ = std::make_unique<sqlite::Database>(std::move(*opened));
    }
    Result<T> found = fail(ErrorCode::internal, "The log was not looked at.");
    {
        auto snapshot = sqlite::Transaction::read(*database_);
        found = snapshot ? look(*database_) : Result<T>(std::unexpected(snapshot.error()));
    }
    if (!found && found.error().code != ErrorCode::not_found) database_.reset();
    return found;
}

Result<std::vector<TopicPartition>> EmbeddedInspector::partitions(const std::string& topic) {
    using Partitions = std::vector<TopicPartition>;
    return in_snapshot<Partitions>([&](sqlite::Database& snapshot) -> Result<Partitions> {
        auto rows = snapshot.query(
            "SELECT partition FROM partitions WHERE topic = ?1 ORDER BY partition", topic);
        if (!rows) return std::unexpected(rows.error());
        Partitions partitions;
        while (true) {
            const auto found = rows->next();
            if (!found) return std::unexpected(found.error());
            if (!*found) break;
            partitions.emplace_back(topic, static_cast<std::int32_t>(rows->int64(0)));
        }
        if (!partitions.empty()) return partitions;
        return fail(ErrorCode::not_found, fmt::format("There is no topic '{}' in the log.", topic));
    });
}

Result<Inspector::Range> EmbeddedInspector::range(const TopicPartition& partition) {
    return in_snapshot<Range>([&](sqlite::Database& snapshot) -> Result<Range> {
        const auto row = find_partition(snapshot, partition);
        if (!row) return std::unexpected(row.error());
        const auto first = first_offset(snapshot, *row);
        if (!first) return std::unexpected(first.error());
        return Range{*first, row->end_offset};
    });
}

Result<CommittedOffset> EmbeddedInspector::committed(const std::string& group,
                                                     const TopicPartition& partition) {
    return in_snapshot<CommittedOffset>([&](sqlite::Database& snapshot) -> Result<CommittedOffset> {
        const auto row = find_partition(snapshot, partition);
        if (!row) return std::unexpected(row.error());
        return find_committed(snapshot, group, row->id);
    });
}

Result<std::vector<Record>> EmbeddedInspector::read(const TopicPartition& partition,
                                                    std::int64_t offset, std::size_t max_records) {
    using Records = std::vector<Record>;
    return in_snapshot<Records>([&](sqlite::Database& snapshot) -> Result<Records> {
        const auto row = find_partition(snapshot, partition);
        if (!row) return std::unexpected(row.error());
        Records records;
        ReadLimits limits{.records = max_records};
        auto read = read_records(snapshot, row->id, partition, offset, limits, records);
        if (!read) return std::unexpected(read.error());
        return records;
    });
}

Result<std::string> EmbeddedInspector::engine() {
    return sqlite::engine();
}

}  // namespace tributary::event_log
