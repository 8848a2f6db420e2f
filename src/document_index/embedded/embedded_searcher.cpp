#include "document_index/embedded/embedded_searcher.h"

#include <fmt/format.h>

#include "document_index/embedded/page_search.h"
#include "document_index/embedded/schema.h"

namespace tributary::document_index {
namespace {

Result<Hit> get_document(sqlite::Database& snapshot, const std::string& index,
                         const std::string& id) {
    const auto no_such_document = [&] {
        return fail(ErrorCode::not_found,
                    fmt::format("There is no document '{}' in the index '{}'.", id, index));
    };
    const auto row = find_index(snapshot, index);
    if (!row) return std::unexpected(row.error());
    if (!*row) return no_such_document();
    auto statement = snapshot.prepare(
        fmt::format("SELECT json FROM entries_{0} JOIN documents_{0} USING (row) WHERE id = ?1",
                    (*row)->number));
    if (!statement) return std::unexpected(statement.error());
    statement->bind(1, id);
    const auto found = statement->step();
    if (!found) return std::unexpected(found.error());
    if (!*found) return no_such_document();
    return Hit{index, id, std::string(statement->column_text(0))};
}

Result<std::map<std::int32_t, std::uint64_t>> count_partitions(
    sqlite::Database& snapshot, const std::string& index, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& offset_below) {
    std::map<std::int32_t, std::uint64_t> counts;
    const auto row = find_index(snapshot, index);
    if (!row) return std::unexpected(row.error());
    if (!*row) return counts;
    auto statement =
        snapshot.prepare(fmt::format("SELECT count(*) FROM entries_{} WHERE topic = ?1 AND "
                                     "partition = ?2 AND record_offset < ?3",
                                     (*row)->number));
    if (!statement) return std::unexpected(statement.error());
    for (const auto& [partition, bound] : offset_below) {
        statement->bind(1, topic);
        statement->bind(2, partition);
        statement->bind(3, bound);
        const auto counted = statement->step();
        if (!counted) return std::unexpected(counted.error());
        const auto count = statement->column_int64(0);
        if (count > 0) counts.emplace(partition, static_cast<std::uint64_t>(count));
        statement->reset();
    }
    return counts;
}

/// Readers never wait for writers in WAL mode, so whatever fails is out of the caller's hands.
Error searcher_error(const Error& error) {
    if (error.code == ErrorCode::retry_later) return {ErrorCode::unavailable, error.message};
    return error;
}

}  // namespace

template <class T, class Read>
Result<T> EmbeddedSearcher::in_snapshot(Read read) {
    auto connection = take_connection();
    if (!connection) return std::unexpected(searcher_error(connection.error()));
    if (auto begun = connection->execute("BEGIN"); !begun) {
        return std::unexpected(searcher_error(begun.error()));
    }
    Result<T> result = read(*connection);
    if (connection->execute("ROLLBACK")) give_back(std::move(*connection));
    if (!result) return std::unexpected(searcher_error(result.error()));
    return result;
}

Result<Page> EmbeddedSearcher::search(const Query& query) {
    return in_snapshot<Page>(
        [&](sqlite::Database& snapshot) { return search_page(snapshot, query); });
}

Result<Hit> EmbeddedSearcher::get(const std::string& index, const std::string& id) {
    return in_snapshot<Hit>(
        [&](sqlite::Database& snapshot) { return get_document(snapshot, index, id); });
}

Result<std::map<std::int32_t, std::uint64_t>> EmbeddedSearcher::count_by_partition(
    const std::string& index, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& offset_below) {
    return in_snapshot<std::map<std::int32_t, std::uint64_t>>([&](sqlite::Database& snapshot) {
        return count_partitions(snapshot, index, topic, offset_below);
    });
}

Result<sqlite::Database> EmbeddedSearcher::take_connection() {
    {
        const std::lock_guard lock(mutex_);
        if (!idle_.empty()) {
            auto connection = std::move(idle_.back());
            idle_.pop_back();
            return connection;
        }
    }
    return open_index_database(settings_);
}

void EmbeddedSearcher::give_back(sqlite::Database connection) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(connection));
}

}  // namespace tributary::document_index
