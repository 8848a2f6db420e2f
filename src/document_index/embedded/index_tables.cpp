#include "document_index/embedded/index_tables.h"

#include <fmt/format.h>
#include <utility>

#include "document_index/embedded/row_id.h"
#include "document_index/embedded/schema.h"

namespace tributary::document_index {

IndexTables::Sql::Sql(std::int64_t number)
    : find(fmt::format("SELECT row FROM entries_{} WHERE id = ?1", number)),
      last_row(fmt::format("SELECT max(row) FROM entries_{} WHERE row >= ?1 AND row < ?2", number)),
      json(fmt::format("SELECT json FROM documents_{} WHERE row = ?1", number)),
      insert_entry(fmt::format("INSERT INTO entries_{} VALUES"
                               " (?1, ?2, nullif(?3, ?2), nullif(?4, ''), ?5, ?6)",
                               number)),
      insert_document(fmt::format("INSERT INTO documents_{} VALUES (?1, ?2)", number)),
      insert_words(fmt::format("INSERT INTO words_{} (rowid, text) VALUES (?1, ?2)", number)),
      erase_entry(fmt::format("DELETE FROM entries_{} WHERE row = ?1", number)),
      erase_document(fmt::format("DELETE FROM documents_{} WHERE row = ?1", number)),
      erase_words(fmt::format(
          "INSERT INTO words_{0} (words_{0}, rowid, text) VALUES ('delete', ?1, ?2)", number)) {
}

Result<IndexTables> IndexTables::open(sqlite::Database& database, const std::string& index) {
    const auto number = ensure_index(database, index);
    if (!number) return std::unexpected(number.error());
    return IndexTables(database, *number);
}

Result<std::optional<std::int64_t>> IndexTables::find(const std::string& id) {
    auto rows = database_->query(sql_.find, id);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return rows->int64(0);
}

Result<std::string> IndexTables::json(std::int64_t row) {
    auto rows = database_->query(sql_.json, row);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) {
        return fail(ErrorCode::corrupt_data,
                    fmt::format("Row {} of index number {} has no document.", row, number_));
    }
    return std::string(rows->text(0));
}

Result<std::int64_t> IndexTables::free_row(Timestamp received_at) {
    auto begin = first_row(received_at);
    auto end = end_of_rows(received_at);
    while (true) {
        auto rows = database_->query(sql_.last_row, begin, end);
        if (!rows) return std::unexpected(rows.error());
        if (auto found = rows->next(); !found) return std::unexpected(found.error());
        const auto row = rows->is_null(0) ? begin : rows->int64(0) + 1;
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
    const auto& origin = fields.origin;
    auto done = database_->run(sql_.insert_entry, *row, id, fields.event_id, origin.topic,
                               origin.partition, origin.offset);
    if (done) done = database_->run(sql_.insert_document, *row, json);
    if (!done) return done;
    unwritten_words_.emplace(*row, std::move(fields.text));
    ++added_documents_;
    return {};
}

Result<void> IndexTables::erase(std::int64_t row, const std::string& text) {
    auto done = database_->run(sql_.erase_entry, row);
    if (done) done = database_->run(sql_.erase_document, row);
    if (!done) return done;
    --added_documents_;
    if (unwritten_words_.erase(row) > 0) return {};
    return database_->run(sql_.erase_words, row, text);
}

Result<void> IndexTables::finish() {
    for (const auto& [row, text] : unwritten_words_) {
        if (auto written = database_->run(sql_.insert_words, row, text); !written) return written;
    }
    unwritten_words_.clear();
    if (added_documents_ == 0) return {};
    return database_->run("UPDATE indices SET documents = documents + ?1 WHERE number = ?2",
                          std::exchange(added_documents_, 0), number_);
}

}  // namespace tributary::document_index
