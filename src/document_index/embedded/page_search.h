#pragma once

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "document_index/document_index.h"
#include "sqlite/database.h"

namespace tributary::document_index {

/// Answers a query from one snapshot: every index by itself, then merged by time.
/// `invalid_input` for limits that are exceeded and foreign cursors.
Result<Page> search_page(sqlite::Database& snapshot, const Query& query);

}  // namespace tributary::document_index
