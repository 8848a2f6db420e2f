#include "document_index/embedded/index_tables.h"

#include <fmt/format.h>
#include <utility>

#include "document_index/embedded/row_id.h"
#include "document_index/embedded/schema.h"

namespace tributary::document_index {
namespace {

/// Runs a statement that returns no rows.
template <class... Values>
Result<void> run(sqlite::Statement& statement, const Values&... values) {
    int position = 0;
    (statement.bind(++position, values), ...);
    return statement.run();
}

}  // namespace

Result<IndexTables> IndexTables::open(sqlite::Database& database, const std::string& index) {
    const auto number = ensure_index(database, index);
    if (!number) return std::unexpected(number.error());

    std::optional<Error> failure;
    const auto prepare = [&](std::string_view sql) {
        auto statement = database.prepare(fmt::format(fmt::runtime(sql), *number));
        if (!statement && !failure) failure = statement.error();
        return statement;
    };
    auto find = prepare("SELECT row FROM entries_{} WHERE id = ?1");
    auto last_row = prepare("SELECT max(row) FROM entries_{} WHERE row >= ?1 AND row < ?2");
    auto json = prepare("SELECT json FROM documents_{} WHERE row = ?1");
    auto insert_entry = prepare("INSERT INTO entries_{} VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
    auto insert_document = prepare("INSERT INTO documents_{} VALUES (?1, ?2)");
    auto insert_words = prepare("INSERT INTO words_{} (rowid, text) VALUES (?1, ?2)");
    auto erase_entry = prepare("DELETE FROM entries_{} WHERE row = ?1");
    auto erase_document = prepare("DELETE FROM documents_{} WHERE row = ?1");
    auto erase_words =
        prepare("INSERT INTO words_{0} (words_{0}, rowid, text) VALUES ('delete', ?1, ?2)");
    auto count = prepare("UPDATE indices SET documents = documents + ?1 WHERE number = {}");
    if (failure) return std::unexpected(*failure);
    return IndexTables({std::move(*find), std::move(*last_row), std::move(*json),
                        std::move(*insert_entry), std::move(*insert_document),
                        std::move(*insert_words), std::move(*erase_entry),
                        std::move(*erase_document), std::move(*erase_words), std::move(*count)});
}

Result<std::optional<std::int64_t>> IndexTables::find(const std::string& id) {
    auto& statement = statements_.find;
    statement.bind(1, id);
    const auto found = statement.step();
    if (!found) return std::unexpected(found.error());
    std::optional<std::int64_t> row;
    if (*found) row = statement.column_int64(0);
    statement.reset();
    return row;
}

Result<std::string> IndexTables::json(std::int64_t row) {
    auto& statement = statements_.json;
    statement.bind(1, row);
    const auto found = statement.step();
    if (!found) return std::unexpected(found.error());
    std::string json;
    if (*found) json = statement.column_text(0);
    statement.reset();
    return json;
}

Result<std::int64_t> IndexTables::free_row(Timestamp received_at) {
    auto& statement = statements_.last_row;
    auto begin = first_row(received_at);
    auto end = end_of_rows(received_at);
    while (true) {
        statement.bind(1, begin);
        statement.bind(2, end);
        const auto stepped = statement.step();
        if (!stepped) return std::unexpected(stepped.error());
        const auto row = statement.is_null(0) ? begin : statement.column_int64(0) + 1;
        statement.reset();
        if (row < end) return row;
        if (end == kEndOfRows) {
            return fail(ErrorCode::internal, "The index has no row left for the latest time.");
        }
        // Two million documents in one millisecond: the next one takes the rest.
        begin = end;
        end += std::int64_t{1} << kSequenceBits;
    }
}

Result<void> IndexTables::insert(const std::string& id, const std::string& json,
                                 IndexedFields fields) {
    const auto row = free_row(fields.received_at);
    if (!row) return std::unexpected(row.error());

    auto& entry = statements_.insert_entry;
    for (int column = 3; column <= 6; ++column) entry.bind_null(column);
    if (fields.event_id != id) entry.bind(3, fields.event_id);
    if (fields.origin) {
        entry.bind(4, fields.origin->topic);
        entry.bind(5, fields.origin->partition);
        entry.bind(6, fields.origin->offset);
    }
    if (auto inserted = run(entry, *row, id); !inserted) return inserted;
    if (auto inserted = run(statements_.insert_document, *row, json); !inserted) return inserted;
    unwritten_words_.emplace(*row, std::move(fields.text));
    ++added_documents_;
    return {};
}

Result<void> IndexTables::erase(std::int64_t row, const std::string& text) {
    if (auto erased = run(statements_.erase_entry, row); !erased) return erased;
    if (auto erased = run(statements_.erase_document, row); !erased) return erased;
    --added_documents_;
    if (unwritten_words_.erase(row) > 0) return {};
    return run(statements_.erase_words, row, text);
}

Result<void> IndexTables::finish() {
    for (const auto& [row, text] : unwritten_words_) {
        if (auto written = run(statements_.insert_words, row, text); !written) return written;
    }
    unwritten_words_.clear();
    if (added_documents_ == 0) return {};
    return run(statements_.count, std::exchange(added_documents_, 0));
}

}  // namespace tributary::document_index
