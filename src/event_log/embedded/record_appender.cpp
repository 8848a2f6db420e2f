#include "event_log/embedded/record_appender.h"

#include <algorithm>
#include <fmt/format.h>

#include "event_log/embedded/header_block.h"
#include "event_log/embedded/log_database.h"

namespace tributary::event_log {
namespace {

/// What a failed transaction means to whoever appended: only these codes say what became of it.
Error append_error(const Error& error) {
    if (error.code == ErrorCode::retry_later || error.code == ErrorCode::timed_out) return error;
    return {ErrorCode::unavailable, error.message};
}

}  // namespace

RecordAppender::RecordAppender(const EmbeddedLogSettings& settings, const Clock& clock)
    : settings_(settings), clock_(clock), wake_(settings.path) {
}

std::vector<AppendOutcome> RecordAppender::append(const Group& group) {
    auto outcomes = append_in_transaction(group);
    if (outcomes) {
        wake_.raise();
        return std::move(*outcomes);
    }
    const auto error = append_error(outcomes.error());
    // A locked file says nothing against the connection; after anything else it is not trusted.
    if (error.code != ErrorCode::retry_later) database_.reset();
    std::vector<AppendOutcome> failed;
    for (std::size_t i = 0; i < group.size(); ++i) failed.emplace_back(std::unexpected(error));
    return failed;
}

Result<std::vector<AppendOutcome>> RecordAppender::append_in_transaction(const Group& group) {
    if (auto space = check_free_space(settings_); !space) return std::unexpected(space.error());
    if (!database_) {
        auto opened = open_log_database(settings_);
        if (!opened) return std::unexpected(opened.error());
        database_ = std::make_unique<sqlite::Database>(std::move(*opened));
    }
    auto transaction = sqlite::Transaction::write(*database_);
    if (!transaction) return std::unexpected(transaction.error());

    std::vector<AppendOutcome> outcomes;
    outcomes.reserve(group.size());
    Partitions partitions;
    const auto now = clock_.now();
    for (const auto& record : group) {
        auto outcome = insert(record, now, partitions);
        if (!outcome) return std::unexpected(outcome.error());
        outcomes.push_back(std::move(*outcome));
    }
    if (auto stored = store(partitions); !stored) return std::unexpected(stored.error());
    if (auto committed = transaction->commit(); !committed) {
        return std::unexpected(committed.error());
    }
    return outcomes;
}

/// The inner outcome is the record's own; a failure is the whole transaction's.
Result<AppendOutcome> RecordAppender::insert(const NewRecord& record, Timestamp now,
                                             Partitions& partitions) {
    const auto ids = partition_ids(record.topic);
    if (!ids && ids.error().code == ErrorCode::not_found) {
        return AppendOutcome(std::unexpected(ids.error()));
    }
    if (!ids) return std::unexpected(ids.error());
    const auto number = partition_for_key(record.key, static_cast<std::int32_t>((*ids)->size()));
    const auto id = (**ids)[static_cast<std::size_t>(number)];
    const auto partition = load(id, partitions);
    if (!partition) return std::unexpected(partition.error());

    // The clock may jump back; time within a partition does not.
    auto& [next_offset, last_timestamp] = **partition;
    last_timestamp = std::max(last_timestamp, now);
    const auto inserted = database_->run("INSERT INTO records VALUES (?1, ?2, ?3, ?4, ?5)",
                                         record_row(id, next_offset), stored_time(last_timestamp),
                                         sqlite::Blob(record.key), sqlite::Blob(record.value),
                                         sqlite::Blob(encode_headers(record.headers)));
    if (!inserted) return std::unexpected(inserted.error());
    return AppendOutcome(LogPosition{number, next_offset++, last_timestamp});
}

Result<RecordAppender::Partition*> RecordAppender::load(std::int64_t partition_id,
                                                        Partitions& partitions) {
    const auto [found, is_new] = partitions.try_emplace(partition_id);
    if (!is_new) return &found->second;
    auto rows = database_->query("SELECT end_offset, last_timestamp FROM partitions WHERE id = ?1",
                                 partition_id);
    if (!rows) return std::unexpected(rows.error());
    if (auto row = rows->next(); !row) return std::unexpected(row.error());
    found->second = {rows->int64(0), Timestamp(std::chrono::milliseconds(rows->int64(1)))};
    return &found->second;
}

Result<void> RecordAppender::store(const Partitions& partitions) {
    for (const auto& [id, partition] : partitions) {
        auto stored = database_->run(
            "UPDATE partitions SET end_offset = ?2, last_timestamp = ?3 WHERE id = ?1", id,
            partition.next_offset, stored_time(partition.last_timestamp));
        if (!stored) return stored;
    }
    return {};
}

Result<const std::vector<std::int64_t>*> RecordAppender::partition_ids(const std::string& topic) {
    if (const auto known = topics_.find(topic); known != topics_.end()) return &known->second;
    auto rows =
        database_->query("SELECT id FROM partitions WHERE topic = ?1 ORDER BY partition", topic);
    if (!rows) return std::unexpected(rows.error());
    std::vector<std::int64_t> ids;
    while (true) {
        const auto found = rows->next();
        if (!found) return std::unexpected(found.error());
        if (!*found) break;
        ids.push_back(rows->int64(0));
    }
    if (ids.empty()) {
        return fail(ErrorCode::not_found,
                    fmt::format("There is no topic '{}' in the log '{}'; create it first.", topic,
                                settings_.path));
    }
    return &topics_.emplace(topic, std::move(ids)).first->second;
}

}  // namespace tributary::event_log
