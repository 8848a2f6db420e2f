#include "event_log/embedded/trimmer.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "event_log/embedded/log_database.h"
#include "event_log/event_log.h"

namespace tributary::event_log {
namespace {

/// Bounds a transaction, so that writers wait a few milliseconds at most.
constexpr std::int64_t kBatchRecords = 500;
constexpr std::int64_t kBatchBytes = std::int64_t{4} << 20;
constexpr int kBatchPages = 500;

/// The one value of a query, or nothing where it is NULL or there is no row.
template <class... Values>
Result<std::optional<std::int64_t>> value_of(sqlite::Database& database, std::string_view sql,
                                             const Values&... values) {
    auto rows = database.query(sql, values...);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found || rows->is_null(0)) return std::nullopt;
    return rows->int64(0);
}

bool holds_dead_letters(std::string_view topic) {
    return topic.ends_with(dead_letter_topic("")) || topic.ends_with(dead_letter_actions_topic(""));
}

}  // namespace

Result<std::uint64_t> Trimmer::run() {
    if (auto forgotten = forget_expired_groups(); !forgotten) {
        return std::unexpected(forgotten.error());
    }
    const auto partitions = trimmable_partitions();
    if (!partitions) return std::unexpected(partitions.error());
    auto by_age = trim_by_age(*partitions);
    if (!by_age) return by_age;
    auto by_size = trim_by_size(*partitions);
    if (!by_size) return by_size;
    if (!check_free_space(settings_)) {
        if (auto given = give_back_free_pages(); !given) return std::unexpected(given.error());
    }
    return *by_age + *by_size;
}

/// A group lives while it has members, and for a while after its last sign of life.
Result<void> Trimmer::forget_expired_groups() {
    auto transaction = sqlite::Transaction::write(database_);
    if (!transaction) return std::unexpected(transaction.error());
    const auto expired =
        value_of(database_,
                 "SELECT count(*) FROM groups g WHERE g.last_seen < ?1 AND NOT EXISTS "
                 "(SELECT 1 FROM members m WHERE m.group_name = g.name AND m.renewed_at >= ?1)",
                 stored_time(now_ - settings_.group_expiry));
    if (!expired) return std::unexpected(expired.error());
    if (expired->value_or(0) == 0) return {};

    auto done = database_.run(
        "DELETE FROM groups AS g WHERE g.last_seen < ?1 AND NOT EXISTS "
        "(SELECT 1 FROM members m WHERE m.group_name = g.name AND m.renewed_at >= ?1)",
        stored_time(now_ - settings_.group_expiry));
    if (!done) return done;
    for (const auto* sql :
         {"DELETE FROM group_topics WHERE group_name NOT IN (SELECT name FROM groups)",
          "DELETE FROM members WHERE group_name NOT IN (SELECT name FROM groups)",
          "DELETE FROM subscriptions WHERE member NOT IN (SELECT id FROM members)",
          "DELETE FROM owners WHERE group_name NOT IN (SELECT name FROM groups)",
          "DELETE FROM offsets WHERE group_name NOT IN (SELECT name FROM groups)"}) {
        if (done = database_.run(sql); !done) return done;
    }
    return transaction->commit();
}

Result<std::vector<std::int64_t>> Trimmer::trimmable_partitions() {
    auto rows = database_.query("SELECT id, topic FROM partitions ORDER BY id");
    if (!rows) return std::unexpected(rows.error());
    std::vector<std::int64_t> partitions;
    while (true) {
        const auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) return partitions;
        if (!holds_dead_letters(rows->text(1))) partitions.push_back(rows->int64(0));
    }
}

/// The offset up to which every group that reads the partition has committed.
Result<std::int64_t> Trimmer::passed_by_all_groups(std::int64_t partition_id) {
    const auto passed =
        value_of(database_,
                 "SELECT min(coalesce(o.next_offset, 0)) FROM partitions p "
                 "JOIN group_topics t ON t.topic = p.topic "
                 "LEFT JOIN offsets o ON o.group_name = t.group_name AND o.partition_id = p.id "
                 "WHERE p.id = ?1",
                 partition_id);
    if (!passed) return std::unexpected(passed.error());
    return passed->value_or(std::numeric_limits<std::int64_t>::max());
}

Result<std::int64_t> Trimmer::remove_batch(std::int64_t partition_id, Timestamp cutoff) {
    auto transaction = sqlite::Transaction::write(database_);
    if (!transaction) return std::unexpected(transaction.error());
    const auto passed = passed_by_all_groups(partition_id);
    if (!passed) return passed;
    // Time does not go back within a partition, so what is old enough is its beginning.
    auto done = database_.run(
        "DELETE FROM records WHERE timestamp < ?3 AND row IN ("
        " SELECT row FROM (SELECT row, sum(bytes) OVER (ORDER BY row) - bytes AS bytes_before"
        "  FROM (SELECT row, length(value) AS bytes FROM records WHERE row >= ?1 AND row < ?2"
        "   ORDER BY row LIMIT ?4)) WHERE bytes_before < ?5)",
        record_row(partition_id, 0), bounded_record_row(partition_id, *passed), stored_time(cutoff),
        kBatchRecords, kBatchBytes);
    if (!done) return std::unexpected(done.error());
    const auto removed = database_.changes();
    if (removed == 0) return 0;
    if (auto committed = transaction->commit(); !committed) {
        return std::unexpected(committed.error());
    }
    return removed;
}

Result<std::uint64_t> Trimmer::trim_by_age(const std::vector<std::int64_t>& partitions) {
    std::uint64_t total = 0;
    for (const auto partition : partitions) {
        while (true) {
            const auto removed = remove_batch(partition, now_ - settings_.retention);
            if (!removed) return std::unexpected(removed.error());
            if (*removed == 0) break;
            total += static_cast<std::uint64_t>(*removed);
        }
    }
    return total;
}

/// Takes from the partition with the oldest record, batch by batch, until the log is small enough.
Result<std::uint64_t> Trimmer::trim_by_size(const std::vector<std::int64_t>& partitions) {
    if (settings_.retention_bytes == 0) return 0;
    std::uint64_t total = 0;
    auto candidates = partitions;
    while (!candidates.empty()) {
        const auto used = used_bytes();
        if (!used) return used;
        if (*used <= settings_.retention_bytes) break;
        auto oldest = candidates.begin();
        auto oldest_time = std::numeric_limits<std::int64_t>::max();
        for (auto candidate = candidates.begin(); candidate != candidates.end(); ++candidate) {
            const auto time = value_of(
                database_, "SELECT timestamp FROM records WHERE row >= ?1 AND row < ?2 LIMIT 1",
                record_row(*candidate, 0), record_row(*candidate + 1, 0));
            if (!time) return std::unexpected(time.error());
            const auto first = time->value_or(oldest_time);
            if (first >= oldest_time) continue;
            oldest = candidate;
            oldest_time = first;
        }
        const auto removed = remove_batch(*oldest, Timestamp::max());
        if (!removed) return std::unexpected(removed.error());
        if (*removed == 0) candidates.erase(oldest);
        total += static_cast<std::uint64_t>(*removed);
    }
    return total;
}

Result<std::uint64_t> Trimmer::used_bytes() {
    const auto all = value_of(database_, "PRAGMA page_count");
    const auto free = value_of(database_, "PRAGMA freelist_count");
    const auto size = value_of(database_, "PRAGMA page_size");
    for (const auto* value : {&all, &free, &size}) {
        if (!*value) return std::unexpected(value->error());
    }
    const auto pages = static_cast<std::uint64_t>(all->value_or(0) - free->value_or(0));
    return pages * static_cast<std::uint64_t>(size->value_or(0));
}

/// Only when the file system is short of space: otherwise free pages are soon used again.
Result<void> Trimmer::give_back_free_pages() {
    const auto vacuum = "PRAGMA incremental_vacuum(" + std::to_string(kBatchPages) + ")";
    while (true) {
        const auto free = value_of(database_, "PRAGMA freelist_count");
        if (!free) return std::unexpected(free.error());
        if (free->value_or(0) == 0) break;
        if (auto done = database_.execute(vacuum); !done) return done;
        const auto left = value_of(database_, "PRAGMA freelist_count");
        if (!left) return std::unexpected(left.error());
        if (*left >= *free) break;
    }
    return database_.execute("PRAGMA wal_checkpoint(TRUNCATE)");
}

}  // namespace tributary::event_log
