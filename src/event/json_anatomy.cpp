#include "event/json_anatomy.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fmt/format.h>

#include "event/json_text.h"

namespace tributary::event {
namespace {

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// What stands there, for a sentence.
std::string shown(char c) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) return fmt::format("byte 0x{:02x}", byte);
    return fmt::format("'{}'", c);
}

/// Reads one JSON text byte by byte. Every reading function returns false once `not_json` is set.
class Dissection {
public:
    Dissection(std::string_view text, std::size_t max_depth) : text_(text), max_depth_(max_depth) {}

    JsonAnatomy run() && {
        if (is_readable_text() && read_value()) {
            skip_space();
            if (at_ < text_.size()) {
                break_off(
                    fmt::format("{} follows behind the end of the JSON text", shown(text_[at_])));
            }
        }
        if (anatomy_.not_json) anatomy_.elements.clear();
        return std::move(anatomy_);
    }

private:
    bool is_readable_text() {
        if (text_.starts_with("\xEF\xBB\xBF")) {
            return break_off("it begins with a byte order mark; send UTF-8 without one");
        }
        if (text_.starts_with("\xFF\xFE") || text_.starts_with("\xFE\xFF")) {
            return break_off("it looks like UTF-16; send UTF-8");
        }
        if (const auto invalid = find_invalid_utf8(text_); invalid != std::string_view::npos) {
            at_ = invalid;
            return break_off(fmt::format("{} is not UTF-8", shown(text_[at_])));
        }
        skip_space();
        if (at_ == text_.size()) return break_off("it is empty");
        return true;
    }

    bool read_value() {
        skip_space();
        if (at_ == text_.size()) return break_off("the text ends where a value should stand");
        switch (text_[at_]) {
            case '{': return read_container('}', [this] { return read_member(); });
            case '[': return read_container(']', [this] { return read_element(); });
            case '"': return read_string();
            case 't': return read_word("true");
            case 'f': return read_word("false");
            case 'n': return read_word("null");
            default: return read_number();
        }
    }

    /// From its opening bracket to behind the `closing` one.
    template <class ReadEntry>
    bool read_container(char closing, ReadEntry read_entry) {
        if (path_.size() == max_depth_) {
            return break_off(fmt::format("it is nested deeper than {} levels", max_depth_));
        }
        path_.emplace_back();
        ++at_;
        skip_space();
        bool is_first = true;
        while (!is_at(closing)) {
            if (!is_first && !expect(',', closing)) return false;
            if (!read_entry()) return false;
            is_first = false;
            skip_space();
        }
        ++at_;
        path_.pop_back();
        return true;
    }

    bool read_member() {
        skip_space();
        if (!is_at('"')) return break_off_at("a name in double quotes should stand");
        const std::size_t begin = at_ + 1;
        if (!read_string()) return false;
        path_.back().name = text_.substr(begin, at_ - begin - 1);
        skip_space();
        if (!is_at(':')) return break_off_at("':' should stand");
        ++at_;
        if (!read_value()) return false;
        path_.back().name = {};
        return true;
    }

    bool read_element() {
        path_.back().is_array = true;
        skip_space();
        const std::size_t begin = at_;
        if (!read_value()) return false;
        if (path_.size() == 1) anatomy_.elements.push_back(text_.substr(begin, at_ - begin));
        ++path_.back().index;
        return true;
    }

    bool read_string() {
        const std::size_t begin = at_++;
        for (; at_ < text_.size() && text_[at_] != '"'; ++at_) {
            if (static_cast<unsigned char>(text_[at_]) < 0x20) {
                return break_off(
                    fmt::format("{} stands unescaped in a string; write it as \\u{:04x}",
                                shown(text_[at_]), static_cast<unsigned>(text_[at_])));
            }
            if (text_[at_] == '\\' && !read_escape()) return false;
        }
        if (at_ == text_.size()) {
            at_ = begin;
            return break_off("the string that begins here does not end");
        }
        ++at_;
        return true;
    }

    /// From a backslash to the last character that belongs to it.
    bool read_escape() {
        constexpr std::string_view kEscapes = "\"\\/bfnrt";
        const std::size_t begin = at_++;
        if (at_ < text_.size() && kEscapes.find(text_[at_]) != std::string_view::npos) return true;
        const auto unit = read_code_unit(begin);
        if (!unit) return false;
        if (*unit < 0xD800 || *unit > 0xDFFF) return true;
        if (*unit <= 0xDBFF && text_.substr(at_ + 1, 2) == "\\u") {
            const std::size_t before = at_;
            at_ += 2;
            const auto low = read_code_unit(before + 1);
            if (!low) return false;
            if (*low >= 0xDC00 && *low <= 0xDFFF) return true;
            at_ = before;
        }
        refuse(begin, "it is half of a surrogate pair, which is no character");
        return true;
    }

    /// `uXXXX`, of which the `u` is at hand; `begin` is its backslash.
    std::optional<unsigned> read_code_unit(std::size_t begin) {
        unsigned unit = 0;
        const std::string_view digits = text_.substr(std::min(at_ + 1, text_.size()), 4);
        const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
        if (!is_at('u') || digits.size() < 4 || parsed.ptr != digits.data() + 4) {
            at_ = begin;
            break_off(R"(an escape is none of \" \\ \/ \b \f \n \r \t \uXXXX)");
            return std::nullopt;
        }
        at_ += 4;
        return unit;
    }

    bool read_word(std::string_view word) {
        if (text_.substr(at_, word.size()) != word) return break_off_at("a value should stand");
        at_ += word.size();
        return true;
    }

    bool read_number() {
        const std::size_t begin = at_;
        if (is_at('-')) ++at_;
        const std::size_t first_digit = at_;
        if (!skip_digits()) return break_off_at("a value should stand");
        if (text_[first_digit] == '0' && at_ > first_digit + 1) {
            at_ = begin;
            return break_off("a number begins with 0");
        }
        bool is_integer = true;
        if (is_at('.')) {
            ++at_;
            is_integer = false;
            if (!skip_digits()) return break_off_at("a digit should follow the decimal point");
        }
        if (is_at('e') || is_at('E')) {
            ++at_;
            is_integer = false;
            if (is_at('+') || is_at('-')) ++at_;
            if (!skip_digits()) return break_off_at("a digit should follow the exponent sign");
        }
        const std::string_view number = text_.substr(begin, at_ - begin);
        if (is_integer && !fits_64_bits(number)) {
            refuse(begin, fmt::format("{} does not fit into 64 bits; send it as a string",
                                      shortened(number)));
        } else if (!is_integer && !fits_double(number)) {
            refuse(begin, fmt::format("{} is beyond the range of a double; send it as a string",
                                      shortened(number)));
        }
        return true;
    }

    static bool fits_64_bits(std::string_view number) {
        const char* const end = number.data() + number.size();
        std::int64_t negative = 0;
        std::uint64_t positive = 0;
        return number.front() == '-'
                   ? std::from_chars(number.data(), end, negative).ec == std::errc()
                   : std::from_chars(number.data(), end, positive).ec == std::errc();
    }

    /// Too small is no harm (it is 0), too large is.
    static bool fits_double(std::string_view number) {
        const std::string text(number);
        return std::abs(std::strtod(text.c_str(), nullptr)) < HUGE_VAL;
    }

    bool skip_digits() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
        return at_ > begin;
    }

    void skip_space() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != kNone) ++at_;
    }

    [[nodiscard]] bool is_at(char c) const { return at_ < text_.size() && text_[at_] == c; }

    bool expect(char separator, char closing) {
        if (!is_at(separator)) {
            return break_off_at(fmt::format("'{}' or '{}' should stand", separator, closing));
        }
        ++at_;
        return true;
    }

    bool break_off_at(std::string_view expected) {
        if (at_ == text_.size()) {
            return break_off(fmt::format("the text ends where {}", expected));
        }
        return break_off(fmt::format("{} stands where {}", shown(text_[at_]), expected));
    }

    bool break_off(std::string message) {
        anatomy_.not_json.emplace(at_, pointer(), std::move(message));
        return false;
    }

    void refuse(std::size_t offset, std::string message) {
        if (!anatomy_.refused) anatomy_.refused.emplace(offset, pointer(), std::move(message));
    }

    [[nodiscard]] std::string pointer() const {
        constexpr std::size_t kMaxLevels = 16;
        std::string pointer;
        for (std::size_t i = 0; i < std::min(path_.size(), kMaxLevels); ++i) {
            if (path_[i].is_array) {
                pointer += fmt::format("/{}", path_[i].index);
            } else if (!path_[i].name.empty()) {
                pointer += pointer_to(shortened(path_[i].name));
            }
        }
        return pointer;
    }

    struct Level {
        std::string_view name;  ///< As it is spelled.
        std::size_t index = 0;
        bool is_array = false;
    };
    static constexpr std::size_t kNone = std::string_view::npos;

    std::string_view text_;
    std::size_t max_depth_;
    std::size_t at_ = 0;
    std::vector<Level> path_;
    JsonAnatomy anatomy_;
};

}  // namespace

std::string JsonFlaw::sentence() const {
    return pointer.empty() ? fmt::format("at byte {}: {}.", offset, message)
                           : fmt::format("at byte {} ({}): {}.", offset, pointer, message);
}

JsonAnatomy dissect(std::string_view text, std::size_t max_depth) {
    return Dissection(text, max_depth).run();
}

}  // namespace tributary::event
