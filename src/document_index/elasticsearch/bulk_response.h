#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "document_index/document_index.h"
#include "document_index/elasticsearch/item_verdict.h"

namespace tributary::document_index::elasticsearch {

/// The items of an answer to `_bulk`, in order. `unavailable` where it is no such answer. `body`
/// gets room behind its end, and its text is used up.
Result<std::vector<ItemAnswer>> parse_bulk_response(std::string& body);

/// The documents of an answer to `_mget`, in order; nothing for those that are not there.
Result<std::vector<std::optional<AlreadyExists>>> parse_mget_response(std::string& body);

}  // namespace tributary::document_index::elasticsearch
