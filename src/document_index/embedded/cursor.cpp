#include "document_index/embedded/cursor.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace tributary::document_index {
namespace {

constexpr std::string_view kVersion = "e1.";

std::optional<std::int64_t> parse_number(std::string_view text) {
    std::int64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    const bool is_whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
    if (!is_whole || number < 0) return std::nullopt;
    return number;
}

}  // namespace

std::string to_string(const Cursor& cursor) {
    return fmt::format("{}{:x}.{:x}", kVersion, cursor.row, cursor.index_number);
}

Result<Cursor> parse_cursor(std::string_view text) {
    if (text.starts_with(kVersion)) {
        const auto numbers = text.substr(kVersion.size());
        const auto dot = std::min(numbers.find('.'), numbers.size());
        const auto row = parse_number(numbers.substr(0, dot));
        const auto index = parse_number(numbers.substr(std::min(dot + 1, numbers.size())));
        if (row && index) return Cursor{*row, *index};
    }
    return fail(ErrorCode::invalid_input,
                "The cursor is not one of this index; search again without it.");
}

}  // namespace tributary::document_index
