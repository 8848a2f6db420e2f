#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "document_index/document_index.h"
#include "document_index/embedded/document_reader.h"
#include "document_index/embedded/embedded_index.h"
#include "document_index/embedded/index_tables.h"
#include "sqlite/database.h"

namespace tributary::document_index {

/// Writes groups of documents, each group in one transaction. Used by one thread.
class GroupWriter {
public:
    explicit GroupWriter(EmbeddedIndexSettings settings);

    /// One outcome per document, all of them durable; or an error, and nothing was written.
    /// Connects when needed, so that a failure is over as soon as its cause is.
    Writer::Outcomes write(const std::vector<Document>& documents);

private:
    using Reading = std::expected<IndexedFields, Rejected>;

    std::vector<Reading> read_all(const std::vector<Document>& documents);
    Writer::Outcomes write_in_transaction(const std::vector<Document>& documents,
                                          std::vector<Reading> readings);
    Result<WriteOutcome> write_one(const Document& document, IndexedFields fields);
    Result<IndexTables*> tables(const std::string& index);

    const EmbeddedIndexSettings settings_;
    DocumentReader reader_;
    std::unique_ptr<sqlite::Database> database_;  // Null until needed, and after a failure.
    std::map<std::string, IndexTables> tables_;
};

/// Whether the file system of the index has the reserve that its settings ask for.
Result<void> check_free_space(const EmbeddedIndexSettings& settings);

}  // namespace tributary::document_index
