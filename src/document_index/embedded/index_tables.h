#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/result.h"
#include "document_index/embedded/document_reader.h"
#include "sqlite/database.h"

namespace tributary::document_index {

/// The tables of one index as a writer sees them within its transactions. After a rollback it must
/// be thrown away.
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
    /// Composed once, because they are run for every document.
    struct Sql {
        explicit Sql(std::int64_t number);
        std::string find, last_row, json, insert_entry, insert_document, insert_words, erase_entry,
            erase_document, erase_words;
    };
    IndexTables(sqlite::Database& database, std::int64_t number)
        : database_(&database), number_(number), sql_(number) {}

    Result<std::int64_t> free_row(Timestamp received_at);

    sqlite::Database* database_;
    std::int64_t number_;
    Sql sql_;
    std::map<std::int64_t, std::string> unwritten_words_;
    std::int64_t added_documents_ = 0;
};

}  // namespace tributary::document_index
