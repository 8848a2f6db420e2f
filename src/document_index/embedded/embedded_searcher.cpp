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
    const auto found_index = find_index(snapshot, index);
    if (!found_index) return std::unexpected(found_index.error());
    const auto& known = *found_index;
    if (!known) return no_such_document();
    auto rows = snapshot.query(
        fmt::format("SELECT json FROM entries_{0} JOIN documents_{0} USING (row) WHERE id = ?1",
                    known->number),
        id);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return no_such_document();
    return Hit{index, id, std::string(rows->text(0))};
}

Result<std::map<std::int32_t, std::uint64_t>> count_partitions(
    sqlite::Database& snapshot, const std::string& index, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& offset_below) {
    std::map<std::int32_t, std::uint64_t> counts;
    const auto found_index = find_index(snapshot, index);
    if (!found_index) return std::unexpected(found_index.error());
    const auto& known = *found_index;
    if (!known) return counts;
    const auto sql = fmt::format(
        "SELECT count(*) FROM entries_{} WHERE topic = ?1 AND partition = ?2 AND record_offset < "
        "?3",
        known->number);
    for (const auto& [partition, bound] : offset_below) {
        auto rows = snapshot.query(sql, topic, partition, bound);
        if (!rows) return std::unexpected(rows.error());
        if (auto counted = rows->next(); !counted) return std::unexpected(counted.error());
        if (const auto count = rows->int64(0); count > 0) {
            counts.emplace(partition, static_cast<std::uint64_t>(count));
        }
    }
    return counts;
}

template <class T, class Read>
Result<T> read_snapshot(sqlite::Database& connection, Read read) {
    auto snapshot = sqlite::Transaction::read(connection);
    if (!snapshot) return std::unexpected(snapshot.error());
    return read(connection);
}

/// Whether the query is at fault, or the stored data; everything else is the environment.
bool is_an_answer(ErrorCode code) {
    return code == ErrorCode::invalid_input || code == ErrorCode::not_found ||
           code == ErrorCode::corrupt_data;
}

}  // namespace

template <class T, class Read>
Result<T> EmbeddedSearcher::in_snapshot(Read read) {
    auto connection = take_connection();
    if (!connection)
        return std::unexpected(Error(ErrorCode::unavailable, connection.error().message));
    auto result = read_snapshot<T>(*connection, read);
    if (!result && !is_an_answer(result.error().code)) {
        return fail(ErrorCode::unavailable, result.error().message);
    }
    give_back(std::move(*connection));
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

Result<std::string> EmbeddedSearcher::engine() {
    return sqlite::engine();
}

}  // namespace tributary::document_index
