#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tributary::document_index {

/// Where a page ended: the next one begins behind it. The row says the time; the index's number
/// decides between documents of several indices with equal rows.
struct Cursor {
    std::int64_t row = 0;
    std::int64_t index_number = 0;
};

/// `e1.<row>.<index>`: embedded, version 1.
std::string to_string(const Cursor& cursor);

/// `invalid_input` for everything that this version of this index did not make.
Result<Cursor> parse_cursor(std::string_view text);

}  // namespace tributary::document_index
