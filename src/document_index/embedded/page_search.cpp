#include "document_index/embedded/page_search.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "document_index/embedded/cursor.h"
#include "document_index/embedded/row_id.h"
#include "document_index/embedded/schema.h"
#include "document_index/embedded/search_text.h"

namespace tributary::document_index {
namespace {

/// Which rows of an index match.
struct Filter {
    std::string match;  ///< FTS5 expression; empty: any text.
    std::string id;     ///< Empty: any id.
    std::int64_t begin = 0;
    std::int64_t end = kEndOfRows;

    [[nodiscard]] bool takes_everything() const {
        return match.empty() && id.empty() && begin == 0 && end == kEndOfRows;
    }
};

/// A document that matched, before its JSON is fetched.
struct Match {
    std::int64_t row = 0;
    std::int64_t index_number = 0;
    std::string_view index;
};

Filter filter_of(const Query& query) {
    Filter filter;
    filter.match = match_expression(query.text);
    filter.id = query.id;
    if (query.after) filter.begin = first_row(*query.after);
    if (query.before) filter.end = rows_before(*query.before);
    return filter;
}

/// Selects from the matching rows of an index. Text is matched in the full-text index, which knows
/// rows too; everything else in the entries.
Result<sqlite::Statement> select(sqlite::Database& snapshot, std::string_view columns,
                                 const Filter& filter, std::int64_t index_number,
                                 std::string_view order = "") {
    const auto table =
        fmt::format("{}_{}", filter.match.empty() ? "entries" : "words", index_number);
    std::string where = "rowid >= ?1 AND rowid < ?2";
    if (!filter.match.empty()) where += fmt::format(" AND {} MATCH ?4", table);
    if (!filter.id.empty()) {
        where += fmt::format(
            " AND rowid IN (SELECT row FROM entries_{0} WHERE id = ?5 AND event_id IS NULL"
            " UNION ALL SELECT row FROM entries_{0} WHERE event_id = ?5)",
            index_number);
    }
    auto statement = snapshot.prepare(
        fmt::format("SELECT {} FROM {} WHERE {} {}", columns, table, where, order));
    if (!statement) return statement;
    statement->bind(1, filter.begin);
    statement->bind(2, filter.end);
    if (!filter.match.empty()) statement->bind(4, filter.match);
    if (!filter.id.empty()) statement->bind(5, filter.id);
    return statement;
}

Result<std::uint64_t> count(sqlite::Database& snapshot, const Filter& filter,
                            const IndexRow& index) {
    if (filter.takes_everything()) return index.documents;
    auto rows = select(snapshot, "count(*)", filter, index.number);
    if (!rows) return std::unexpected(rows.error());
    if (auto counted = rows->step(); !counted) return std::unexpected(counted.error());
    return static_cast<std::uint64_t>(rows->column_int64(0));
}

/// Appends the newest matches of one index, at most `limit`.
Result<void> collect(sqlite::Database& snapshot, const Filter& filter, std::size_t limit,
                     std::int64_t number, std::string_view index, std::vector<Match>& matches) {
    auto rows = select(snapshot, "rowid", filter, number, "ORDER BY rowid DESC LIMIT ?3");
    if (!rows) return std::unexpected(rows.error());
    rows->bind(3, static_cast<std::int64_t>(limit));
    while (true) {
        const auto found = rows->step();
        if (!found) return std::unexpected(found.error());
        if (!*found) return {};
        matches.push_back({rows->column_int64(0), number, index});
    }
}

Result<Hit> fetch(sqlite::Database& snapshot, const Match& match) {
    auto rows = snapshot.query(
        fmt::format(
            "SELECT id, json FROM entries_{0} JOIN documents_{0} USING (row) WHERE row = ?1",
            match.index_number),
        match.row);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        return fail(ErrorCode::corrupt_data,
                    fmt::format("Row {} of the index '{}' has words but no document.", match.row,
                                match.index));
    }
    return Hit{std::string(match.index), std::string(rows->text(0)), std::string(rows->text(1))};
}

/// With a cursor only what lies behind it: older rows, and equal rows of indices with a lower
/// number.
Filter behind(Filter filter, const Cursor& cursor, std::int64_t index_number) {
    const auto end = index_number < cursor.index_number ? cursor.row + 1 : cursor.row;
    filter.end = std::min(filter.end, end);
    return filter;
}

}  // namespace

Result<Page> search_page(sqlite::Database& snapshot, const Query& query) {
    if (auto valid = check_limits(query); !valid) return std::unexpected(valid.error());
    Cursor cursor{kEndOfRows, 0};
    if (!query.cursor.empty()) {
        const auto parsed = parse_cursor(query.cursor);
        if (!parsed) return std::unexpected(parsed.error());
        cursor = *parsed;
    }

    Page page;
    std::vector<Match> matches;
    const auto filter = filter_of(query);
    const auto window = query.from + query.size;
    for (const auto& name :
         std::set<std::string_view>(query.indices.begin(), query.indices.end())) {
        const auto found = find_index(snapshot, std::string(name));
        if (!found) return std::unexpected(found.error());
        const auto& index = *found;
        if (!index) continue;
        const auto total = count(snapshot, filter, *index);
        if (!total) return std::unexpected(total.error());
        page.total += *total;
        // One more than the page needs tells whether there is a next one.
        auto collected = collect(snapshot, behind(filter, cursor, index->number), window + 1,
                                 index->number, name, matches);
        if (!collected) return std::unexpected(collected.error());
    }

    std::ranges::sort(matches, std::ranges::greater(),
                      [](const Match& match) { return std::tuple(match.row, match.index_number); });
    const auto end = std::min(window, matches.size());
    for (auto i = query.from; i < end; ++i) {
        auto hit = fetch(snapshot, matches[i]);
        if (!hit) return std::unexpected(hit.error());
        page.hits.push_back(std::move(*hit));
    }
    if (matches.size() > window && !page.hits.empty()) {
        const auto& last = matches[end - 1];
        page.cursor = to_string(Cursor{last.row, last.index_number});
    }
    return page;
}

}  // namespace tributary::document_index
