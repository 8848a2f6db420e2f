#include "batch_import/item_scanner.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <utility>

namespace tributary::batch_import {
namespace {

constexpr std::size_t kMaxExcerptBytes = 1'024;
constexpr std::string_view kUtf8Mark = "\xEF\xBB\xBF";

bool is_white_space(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// The bytes at which the structure of an item changes while outside of a string.
constexpr auto kStructural = [] {
    std::array<bool, 256> table{};
    for (const char c : {'"', '{', '}', '[', ']', ','}) {
        table.at(static_cast<unsigned char>(c)) = true;
    }
    return table;
}();

bool is_structural(char c) {
    return kStructural[static_cast<unsigned char>(c)];
}

/// The quote that ends a string, or a backslash whose partner has not come yet, or `end`.
const char* find_string_end(const char* p, const char* end) {
    while (true) {
        while (p != end && *p != '"' && *p != '\\') ++p;
        if (p == end || *p == '"' || p + 1 == end) return p;
        p += 2;
    }
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_white_space(text.back())) text.remove_suffix(1);
    return text;
}

bool ends_with_bracket(std::string_view text) {
    return !text.empty() && (text.back() == '}' || text.back() == ']');
}

}  // namespace

ItemScanner::ItemScanner(std::size_t max_item_bytes, const ScanPosition& from)
    : max_item_bytes_(max_item_bytes),
      excerpt_bytes_(std::min(max_item_bytes, kMaxExcerptBytes)),
      base_(from.byte),
      position_(from) {
    if (from.format == FileFormat::finished) {
        state_ = State::behind_array;
    } else if (from.byte > 0 && from.format != FileFormat::undecided) {
        state_ = State::before_item;
    }
}

std::span<char> ItemScanner::room(std::size_t bytes) {
    if (begin_ > 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, filled_ - begin_);
        base_ += begin_;
        cursor_ -= begin_;
        filled_ -= begin_;
        begin_ = 0;
    }
    if (buffer_.size() < filled_ + bytes) buffer_.resize(filled_ + bytes);
    return {buffer_.data() + filled_, buffer_.size() - filled_};
}

void ItemScanner::add(std::size_t bytes) {
    filled_ += bytes;
}

void ItemScanner::add(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(room(bytes.size()).data(), bytes.data(), bytes.size());
    add(bytes.size());
}

void ItemScanner::end(std::string failure) {
    is_ended_ = true;
    failure_ = std::move(failure);
}

std::optional<ScannedItem> ItemScanner::next() {
    while (true) {
        switch (state_) {
            case State::start:
                if (!decide_format()) return std::nullopt;
                break;
            case State::before_item:
                if (!begin_item()) return std::nullopt;
                break;
            case State::in_item: {
                auto item = scan_item();
                if (item || state_ == State::in_item) return item;
                break;
            }
            case State::behind_array:
                if (!check_behind_array()) return std::nullopt;
                break;
            case State::rest: return collect_rest();
            case State::done: return std::nullopt;
        }
    }
}

std::string_view ItemScanner::unread() const {
    return std::string_view(buffer_.data() + begin_, filled_ - begin_);
}

/// False where nothing else is there (yet).
bool ItemScanner::skip_white_space() {
    while (begin_ < filled_ && is_white_space(buffer_[begin_])) ++begin_;
    cursor_ = begin_;
    return begin_ < filled_;
}

/// False where more bytes are needed.
bool ItemScanner::decide_format() {
    if (byte_at(begin_) == 0) {
        if (unread().size() < kUtf8Mark.size() && !is_ended_) return false;
        if (unread().starts_with("\xFF\xFE") || unread().starts_with("\xFE\xFF")) {
            begin_rest(0, "The file is UTF-16; convert it to UTF-8 and upload it again.");
            return true;
        }
        if (unread().starts_with(kUtf8Mark)) begin_ += kUtf8Mark.size();
    }
    if (!skip_white_space()) {
        if (is_ended_) finish();
        return is_ended_;
    }
    if (position_.format != FileFormat::undecided) {
        state_ = State::before_item;
        return true;
    }
    if (buffer_[begin_] == '[') {
        ++begin_;
        position_.format = FileFormat::array;
    } else if (buffer_[begin_] == '{') {
        const auto format = format_of_object();
        if (!format) return false;
        position_.format = *format;
    } else {
        position_.format = FileFormat::lines;
    }
    state_ = State::before_item;
    return true;
}

/// NDJSON and pretty-printed objects both begin with `{`: the first line tells them apart.
std::optional<FileFormat> ItemScanner::format_of_object() const {
    const std::string_view text = unread().substr(0, max_item_bytes_ + 1);
    std::int64_t depth = 0;
    bool is_in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            if (is_in_string) return FileFormat::lines;
            const std::size_t next = text.find_first_not_of(" \t\r\n", i);
            if (next == std::string_view::npos) break;
            const bool is_at_line_begin = text[next - 1] == '\n';
            return text[next] == '{' && is_at_line_begin ? FileFormat::lines : FileFormat::values;
        }
        if (is_in_string) {
            if (c == '\\') ++i;
            if (c == '"') is_in_string = false;
        } else if (c == '"') {
            is_in_string = true;
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            return FileFormat::lines;
        }
    }
    if (is_ended_ || text.size() > max_item_bytes_) return FileFormat::lines;
    return std::nullopt;
}

/// False where more bytes are needed.
bool ItemScanner::begin_item() {
    if (!skip_white_space()) {
        if (!is_ended_) return false;
        item_byte_ = byte_at(begin_);
        if (position_.format == FileFormat::array) {
            begin_rest(item_byte_, "The file ends before its array is closed.");
        } else {
            finish();
        }
        return true;
    }
    item_byte_ = byte_at(begin_);
    const char first = buffer_[begin_];
    if (position_.format == FileFormat::array && first == ']' && position_.item == 0) {
        ++begin_;
        position_ = {FileFormat::finished, byte_at(begin_), 0};
        state_ = State::behind_array;
    } else if (position_.format == FileFormat::values && first != '{' && first != '[') {
        begin_rest(item_byte_, "Behind a pretty-printed object another one was expected.");
    } else {
        state_ = State::in_item;
    }
    return true;
}

bool ItemScanner::check_behind_array() {
    if (skip_white_space()) {
        item_byte_ = byte_at(begin_);
        begin_rest(item_byte_,
                   "The array ended before the file did: there is a bracket too many, or several "
                   "arrays follow each other.");
        return true;
    }
    if (is_ended_) finish();
    return is_ended_;
}

std::optional<ScannedItem> ItemScanner::scan_item() {
    const bool is_lines = position_.format == FileFormat::lines;
    switch (is_lines ? find_line_end() : find_item_end()) {
        case Stop::need_more:
            if (is_ended_) return end_inside_item();
            drop_what_is_too_large();
            return std::nullopt;
        case Stop::separator: return cut_item(cursor_, cursor_ + 1);
        case Stop::closed: return cut_item(cursor_, cursor_);
        case Stop::array_end: {
            const ScannedItem item = cut_item(cursor_, cursor_ + 1);
            position_.format = FileFormat::finished;
            state_ = State::behind_array;
            return item;
        }
        case Stop::mismatch:
            // What is whole before the surplus bracket is kept; the next item begins with it.
            if (is_whole_before(cursor_)) return cut_item(cursor_, cursor_);
            begin_rest(byte_at(cursor_),
                       fmt::format("The '{}' at byte {} closes nothing that is open; a bracket or "
                                   "a quote is missing before it.",
                                   buffer_[cursor_], byte_at(cursor_)));
            return std::nullopt;
    }
    return std::nullopt;
}

/// The file ended within an item: the last line of NDJSON is whole, and so is a closed object whose
/// array is not; everything else is a rest.
std::optional<ScannedItem> ItemScanner::end_inside_item() {
    const bool is_whole = position_.format == FileFormat::lines
                              ? failure_.empty()
                              : position_.format == FileFormat::array && is_whole_before(filled_);
    if (is_whole) return cut_item(filled_, filled_);
    begin_rest(byte_at(filled_), is_in_string_
                                     ? "The file ends inside a string: it was cut off, or a quote "
                                       "is missing."
                                     : "The file ends inside an item: it was cut off, or a "
                                       "bracket is missing.");
    return std::nullopt;
}

/// Whether the item is a closed object or array up to `end`, with nothing open behind it. Of one
/// that is too large nobody can say: its end may not be there any more.
bool ItemScanner::is_whole_before(std::size_t end) const {
    return depth_ == 0 && !is_in_string_ && byte_at(end) - item_byte_ <= max_item_bytes_ &&
           ends_with_bracket(trimmed(unread().substr(0, end - begin_)));
}

ScannedItem ItemScanner::cut_item(std::size_t end, std::size_t next_begin) {
    ScannedItem item;
    item.index = position_.item;
    item.byte = item_byte_;
    item.size = byte_at(end) - item_byte_;
    if (item.size > max_item_bytes_) {
        item.kind = ScannedItem::Kind::too_large;
        item.text = is_too_large_ ? std::string_view(excerpt_) : unread().substr(0, excerpt_bytes_);
    } else {
        item.text = trimmed(unread().substr(0, end - begin_));
        item.size = item.text.size();
    }
    begin_ = next_begin;
    cursor_ = next_begin;
    is_too_large_ = false;
    position_ = {position_.format, byte_at(begin_), position_.item + 1};
    state_ = State::before_item;
    return item;
}

/// Keeps no more than the beginning of an item that is over the limit.
void ItemScanner::drop_what_is_too_large() {
    if (!is_too_large_ && byte_at(cursor_) - item_byte_ > max_item_bytes_) {
        is_too_large_ = true;
        excerpt_ = unread().substr(0, excerpt_bytes_);
    }
    if (is_too_large_) begin_ = cursor_;
}

void ItemScanner::begin_rest(std::uint64_t damage_byte, std::string reason) {
    if (!is_too_large_) excerpt_.clear();
    damage_byte_ = damage_byte;
    reason_ = std::move(reason);
    state_ = State::rest;
}

std::optional<ScannedItem> ItemScanner::collect_rest() {
    if (excerpt_.size() < excerpt_bytes_ && !is_too_large_) {
        excerpt_ += unread().substr(0, excerpt_bytes_ - excerpt_.size());
    }
    begin_ = filled_;
    cursor_ = filled_;
    if (!is_ended_) return std::nullopt;

    if (!failure_.empty()) reason_ = failure_;
    ScannedItem item;
    item.kind = ScannedItem::Kind::rest;
    item.index = position_.item;
    item.byte = item_byte_;
    item.size = byte_at(filled_) - item_byte_;
    item.text = excerpt_;
    item.damage_byte = damage_byte_;
    item.reason = reason_;
    position_ = {FileFormat::finished, byte_at(filled_), position_.item + 1};
    state_ = State::done;
    return item;
}

/// All is read. A failure of the source is told even where no byte is missing.
void ItemScanner::finish() {
    state_ = State::done;
    if (failure_.empty()) return;
    item_byte_ = byte_at(filled_);
    begin_rest(item_byte_, failure_);
}

ItemScanner::Stop ItemScanner::find_line_end() {
    const void* const found = std::memchr(buffer_.data() + cursor_, '\n', filled_ - cursor_);
    if (found == nullptr) {
        cursor_ = filled_;
        return Stop::need_more;
    }
    cursor_ = static_cast<std::size_t>(static_cast<const char*>(found) - buffer_.data());
    return Stop::separator;
}

ItemScanner::Stop ItemScanner::find_item_end() {
    const char* const end = buffer_.data() + filled_;
    const char* p = buffer_.data() + cursor_;
    const auto stop = [&](Stop why) {
        cursor_ = static_cast<std::size_t>(p - buffer_.data());
        return why;
    };
    while (true) {
        if (is_in_string_) {
            p = find_string_end(p, end);
            if (p == end || *p == '\\') return stop(Stop::need_more);
            is_in_string_ = false;
            ++p;
        }
        while (p != end && !is_structural(*p)) ++p;
        if (p == end) return stop(Stop::need_more);
        switch (*p) {
            case '"': is_in_string_ = true; break;
            case ',':
                if (depth_ == 0) return stop(Stop::separator);
                break;
            case '{':
            case '[': open_bracket(*p); break;
            default:
                if (depth_ == 0) return stop(*p == ']' ? Stop::array_end : Stop::mismatch);
                if (!close_bracket(*p)) return stop(Stop::mismatch);
                if (depth_ == 0 && position_.format == FileFormat::values) {
                    ++p;
                    return stop(Stop::closed);
                }
        }
        ++p;
    }
}

void ItemScanner::open_bracket(char bracket) {
    if (depth_ < kTrackedDepth) {
        const std::uint64_t bit = std::uint64_t{1} << (depth_ % 64);
        std::uint64_t& word = arrays_[depth_ / 64];
        word = bracket == '[' ? word | bit : word & ~bit;
    }
    ++depth_;
}

/// False, and it stays open, where the innermost open bracket is of the other kind. Deeper than
/// `kTrackedDepth` they are only counted; a parser refuses such an item anyway.
bool ItemScanner::close_bracket(char bracket) {
    const std::uint64_t outer = depth_ - 1;
    if (outer < kTrackedDepth) {
        const bool is_array = (arrays_[outer / 64] >> (outer % 64) & 1U) != 0;
        if (is_array != (bracket == ']')) return false;
    }
    depth_ = outer;
    return true;
}

}  // namespace tributary::batch_import
