#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "event_log/embedded/embedded_log.h"
#include "sqlite/database.h"

/// The tables of `log.db`:
///   partitions     every partition of every topic, and how far it goes
///   records        all records; the row tells partition and offset, see `record_row`
///   groups         the consumer groups; `generation` grows with every change that members must see
///   group_topics   what a group reads, and trimming must leave to it
///   members        who is in a group, by lease; `subscriptions`: what each member reads
///   owners         which member has which partition
///   offsets        what a group committed
namespace tributary::event_log {

/// Opens a connection of its own; creates the file and its tables.
Result<sqlite::Database> open_log_database(const EmbeddedLogSettings& settings);

/// Records lie in one tree, ordered by partition, then offset: appending touches one page.
inline constexpr int kOffsetBits = 40;
inline constexpr std::int64_t kMaxOffset = (std::int64_t{1} << kOffsetBits) - 1;
constexpr std::int64_t record_row(std::int64_t partition_id, std::int64_t offset) {
    return (partition_id << kOffsetBits) + offset;
}
constexpr std::int64_t record_offset(std::int64_t row) {
    return row & kMaxOffset;
}
/// The same for an offset from outside, which may be negative or beyond all rows.
std::int64_t bounded_record_row(std::int64_t partition_id, std::int64_t offset);

/// Times in the tables are milliseconds since 1970.
constexpr std::int64_t stored_time(Timestamp time) {
    return time.time_since_epoch().count();
}

struct PartitionRow {
    std::int64_t id = 0;
    std::int64_t end_offset = 0;
};

/// `not_found` where the partition does not exist.
Result<PartitionRow> find_partition(sqlite::Database& database, const TopicPartition& partition);

/// The first offset that is still stored; `end_offset` where nothing is.
Result<std::int64_t> first_offset(sqlite::Database& database, const PartitionRow& partition);

/// What one call may read at most; the first record comes whatever its size is.
struct ReadLimits {
    std::size_t records = 0;
    std::size_t bytes = std::size_t{8} << 20;
};

/// Appends records from `offset` on to `records` and takes them off the limits.
Result<void> read_records(sqlite::Database& database, std::int64_t partition_id,
                          const TopicPartition& partition, std::int64_t offset, ReadLimits& limits,
                          std::vector<Record>& records);

/// Kafka's rule for names.
Result<void> check_topic_name(const std::string& topic);

/// Bytes left for the log, from the settings' own source or the file system.
Result<std::uint64_t> free_space(const EmbeddedLogSettings& settings);

/// `retry_later` while less than the reserve is left.
Result<void> check_free_space(const EmbeddedLogSettings& settings);

}  // namespace tributary::event_log
