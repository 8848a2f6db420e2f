#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "document_index/embedded/embedded_index.h"
#include "sqlite/database.h"

/// The tables of `index.db`. `indices` names every index and counts its documents; index number N
/// has tables of its own:
///   entries_N    row -> id, event id (NULL where it equals the id), origin; narrow, for counting
///   documents_N  row -> the JSON
///   words_N      row -> the words of `text`: FTS5 without content, so the text is stored once
/// Rows are in the order of time, see row_id.h.
namespace tributary::document_index {

/// Opens a connection of its own; creates the file and the tables that all indices share.
Result<sqlite::Database> open_index_database(const EmbeddedIndexSettings& settings);

struct IndexRow {
    std::int64_t number = 0;
    std::uint64_t documents = 0;
};

/// Nothing where no document was ever written to the index.
Result<std::optional<IndexRow>> find_index(sqlite::Database& database, const std::string& name);

/// Creates the index unless it is there; within a write transaction. Returns its number.
Result<std::int64_t> ensure_index(sqlite::Database& database, const std::string& name);

}  // namespace tributary::document_index
