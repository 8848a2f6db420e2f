#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "document_index/embedded/document_reader.h"
#include "sqlite/database.h"

namespace tributary::document_index {

/// The tables of one index as a writer sees them: prepared statements, used within the writer's
/// transactions. After a rollback it must be thrown away.
class IndexTables {
public:
    /// Creates the tables where they are missing. `database` must outlive the object.
    static Result<IndexTables> open(sqlite::Database& database, const std::string& index);

    /// The row of the document with that id.
    Result<std::optional<std::int64_t>> find(const std::string& id);
    Result<std::string> json(std::int64_t row);

    /// The id must be free. The words become searchable with `finish`.
    Result<void> insert(const std::string& id, const std::string& json, IndexedFields fields);
    /// `text` is what the document was inserted with.
    Result<void> erase(std::int64_t row, const std::string& text);

    /// Ends what a transaction did: writes the words in the order of their rows, as FTS5 wants
    /// them (each step back would cost it a segment), and the count of documents.
    Result<void> finish();

private:
    struct Statements {
        sqlite::Statement find;
        sqlite::Statement last_row;
        sqlite::Statement json;
        sqlite::Statement insert_entry;
        sqlite::Statement insert_document;
        sqlite::Statement insert_words;
        sqlite::Statement erase_entry;
        sqlite::Statement erase_document;
        sqlite::Statement erase_words;
        sqlite::Statement count;
    };
    explicit IndexTables(Statements statements) : statements_(std::move(statements)) {}

    Result<std::int64_t> free_row(Timestamp received_at);

    Statements statements_;
    std::map<std::int64_t, std::string> unwritten_words_;
    std::int64_t added_documents_ = 0;
};

}  // namespace tributary::document_index
