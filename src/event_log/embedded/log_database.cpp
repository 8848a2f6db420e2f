#include "event_log/embedded/log_database.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fmt/format.h>
#include <sys/statvfs.h>
#include <system_error>

#include "event_log/embedded/header_block.h"

namespace tributary::event_log {
namespace {

constexpr std::string_view kVersion1 = R"(
    CREATE TABLE partitions (id INTEGER PRIMARY KEY, topic TEXT NOT NULL,
        partition INTEGER NOT NULL, end_offset INTEGER NOT NULL DEFAULT 0,
        last_timestamp INTEGER NOT NULL DEFAULT 0, UNIQUE (topic, partition));
    CREATE TABLE records (row INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, key BLOB NOT NULL,
        value BLOB NOT NULL, headers BLOB NOT NULL);
    CREATE TABLE groups (name TEXT PRIMARY KEY, generation INTEGER NOT NULL,
        last_seen INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE group_topics (group_name TEXT, topic TEXT, PRIMARY KEY (group_name, topic))
        WITHOUT ROWID;
    CREATE TABLE members (id INTEGER PRIMARY KEY AUTOINCREMENT, group_name TEXT NOT NULL,
        renewed_at INTEGER NOT NULL, lease INTEGER NOT NULL);
    CREATE INDEX members_by_group ON members (group_name);
    CREATE TABLE subscriptions (member INTEGER, topic TEXT, PRIMARY KEY (member, topic))
        WITHOUT ROWID;
    CREATE TABLE owners (group_name TEXT, partition_id INTEGER, member INTEGER NOT NULL,
        PRIMARY KEY (group_name, partition_id)) WITHOUT ROWID;
    CREATE TABLE offsets (group_name TEXT, partition_id INTEGER, next_offset INTEGER NOT NULL,
        metadata TEXT NOT NULL, PRIMARY KEY (group_name, partition_id)) WITHOUT ROWID;)";

/// One step per version; stored files depend on them, so they are only ever added to.
constexpr std::array kSchema = {kVersion1};

constexpr std::size_t kMaxTopicName = 249;

bool is_topic_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

}  // namespace

Result<sqlite::Database> open_log_database(const EmbeddedLogSettings& settings) {
    auto database = sqlite::Database::open(settings.path, settings.write_deadline,
                                           sqlite::FreePages::can_be_given_back);
    if (!database) return database;
    if (auto upgraded = database->upgrade(kSchema); !upgraded) {
        return std::unexpected(upgraded.error());
    }
    return database;
}

std::int64_t bounded_record_row(std::int64_t partition_id, std::int64_t offset) {
    return record_row(partition_id, std::clamp<std::int64_t>(offset, 0, kMaxOffset));
}

Result<PartitionRow> find_partition(sqlite::Database& database, const TopicPartition& partition) {
    auto rows =
        database.query("SELECT id, end_offset FROM partitions WHERE topic = ?1 AND partition = ?2",
                       partition.topic, partition.partition);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        return fail(ErrorCode::not_found,
                    fmt::format("There is no partition {} of a topic '{}' in the log.",
                                partition.partition, partition.topic));
    }
    return PartitionRow{rows->int64(0), rows->int64(1)};
}

Result<std::int64_t> first_offset(sqlite::Database& database, const PartitionRow& partition) {
    auto rows =
        database.query("SELECT row FROM records WHERE row >= ?1 AND row < ?2 ORDER BY row LIMIT 1",
                       record_row(partition.id, 0), record_row(partition.id + 1, 0));
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    return *found ? record_offset(rows->int64(0)) : partition.end_offset;
}

Result<void> read_records(sqlite::Database& database, std::int64_t partition_id,
                          const TopicPartition& partition, std::int64_t offset, ReadLimits& limits,
                          std::vector<Record>& records) {
    auto rows = database.query(
        "SELECT row, timestamp, key, value, headers FROM records WHERE row >= ?1 AND row < ?2 "
        "ORDER BY row LIMIT ?3",
        bounded_record_row(partition_id, offset), record_row(partition_id + 1, 0),
        static_cast<std::int64_t>(limits.records));
    if (!rows) return std::unexpected(rows.error());
    while (limits.records > 0) {
        const auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return {};
        const auto size = rows->blob(2).size() + rows->blob(3).size() + rows->blob(4).size();
        if (size > limits.bytes && !records.empty()) {
            limits.records = 0;
            return {};
        }
        auto headers = decode_headers(rows->blob(4));
        if (!headers) return std::unexpected(headers.error());
        records.push_back({partition.topic, partition.partition, record_offset(rows->int64(0)),
                           Timestamp(std::chrono::milliseconds(rows->int64(1))),
                           std::string(rows->blob(2)), std::string(rows->blob(3)),
                           std::move(*headers)});
        limits.bytes -= std::min(limits.bytes, size);
        --limits.records;
    }
    return {};
}

Result<void> check_topic_name(const std::string& topic) {
    if (!topic.empty() && topic.size() <= kMaxTopicName && topic != "." && topic != ".." &&
        std::ranges::all_of(topic, is_topic_character)) {
        return {};
    }
    return fail(ErrorCode::invalid_input,
                fmt::format("'{}' cannot be a topic: use 1 to {} letters, digits, '.', '_', '-'.",
                            topic.substr(0, kMaxTopicName), kMaxTopicName));
}

Result<std::uint64_t> free_space(const EmbeddedLogSettings& settings) {
    if (settings.free_space) return settings.free_space();
    struct statvfs file_system{};
    if (::statvfs(settings.path.c_str(), &file_system) != 0) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The log '{}' cannot be reached: {}.", settings.path,
                                std::error_code(errno, std::generic_category()).message()));
    }
    return std::uint64_t{file_system.f_bavail} * file_system.f_frsize;
}

Result<void> check_free_space(const EmbeddedLogSettings& settings) {
    const auto free = free_space(settings);
    if (!free) return std::unexpected(free.error());
    if (*free >= settings.free_space_reserve_bytes) return {};
    return fail(ErrorCode::retry_later,
                fmt::format("The file system of the log '{}' has {} MiB left, and {} MiB are kept "
                            "in reserve; make room.",
                            settings.path, *free >> 20, settings.free_space_reserve_bytes >> 20));
}

}  // namespace tributary::event_log
