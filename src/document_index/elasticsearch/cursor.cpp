#include "document_index/elasticsearch/cursor.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace tributary::document_index::elasticsearch {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "es1.";
constexpr std::size_t kMaxBytes = 64'000;
constexpr std::string_view kDigits = "0123456789abcdef";

/// Whether these can be the sort values of a hit: words and integers.
bool are_sort_values(const std::string& text) {
    boost::system::error_code failure;
    const json::value value = json::parse(text, failure);
    return !failure && value.is_array() && value.as_array().size() == kSortValues &&
           std::ranges::all_of(value.as_array(), [](const json::value& part) {
               return part.is_int64() || part.is_string() || part.is_null();
           });
}

}  // namespace

std::string cursor_of(std::string_view sort_values) {
    std::string cursor(kPrefix);
    for (const char c : sort_values) {
        const auto byte = static_cast<unsigned char>(c);
        cursor += kDigits[byte >> 4U];
        cursor += kDigits[byte & 0xFU];
    }
    return cursor;
}

Result<std::string> sort_values_of(std::string_view cursor) {
    const auto foreign = fail(ErrorCode::invalid_input,
                              "The cursor is not one that this index gave; begin without one.");
    if (!cursor.starts_with(kPrefix) || cursor.size() > kMaxBytes) return foreign;
    cursor.remove_prefix(kPrefix.size());
    if (cursor.size() % 2 != 0) return foreign;
    std::string text;
    for (std::size_t i = 0; i < cursor.size(); i += 2) {
        const auto high = kDigits.find(cursor[i]);
        const auto low = kDigits.find(cursor[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return foreign;
        text += static_cast<char>(high << 4U | low);
    }
    if (!are_sort_values(text)) return foreign;
    return text;
}

}  // namespace tributary::document_index::elasticsearch
