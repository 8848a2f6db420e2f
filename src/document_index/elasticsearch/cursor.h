#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tributary::document_index::elasticsearch {

/// How many values a hit is sorted by.
inline constexpr std::size_t kSortValues = 6;

/// A hit's sort values (a JSON array, as `search_after` wants them) as a cursor, and back.
std::string cursor_of(std::string_view sort_values);
/// `invalid_input` for cursors that are not ours.
Result<std::string> sort_values_of(std::string_view cursor);

}  // namespace tributary::document_index::elasticsearch
