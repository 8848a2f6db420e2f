#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "document_index/document_index.h"

namespace tributary::document_index::elasticsearch {

/// A page as it is asked for.
struct PageRequest {
    std::string body;
    std::size_t skipped = 0;  ///< Hits to leave out: `from` is not possible behind a cursor.
};
/// `invalid_input` for limits that are exceeded, text that is no UTF-8, and foreign cursors.
Result<PageRequest> page_request(const Query& query);

/// Counts by partition; bounds as in Searcher::count_by_partition.
std::string count_request(const std::string& topic,
                          const std::map<std::int32_t, std::int64_t>& offset_below);

/// Path and query of a search in `indices`. Those that do not exist are taken for empty.
std::string search_target(const std::vector<std::string>& indices);

}  // namespace tributary::document_index::elasticsearch
