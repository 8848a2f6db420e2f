#include "event/json_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>

namespace tributary::event {
namespace {

constexpr auto kNeedsEscape = [] {
    std::array<bool, 256> needs{};
    std::fill_n(needs.begin(), 0x20, true);
    needs['"'] = needs['\\'] = true;
    return needs;
}();

bool needs_escape(char c) {
    return kNeedsEscape[static_cast<unsigned char>(c)];
}

void append_escape(std::string& out, char c) {
    constexpr std::string_view kHex = "0123456789abcdef";
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
        return;
    }
    out += "\\u00";
    out += kHex[static_cast<unsigned char>(c) >> 4U];
    out += kHex[static_cast<unsigned char>(c) & 0xFU];
}

bool is_continuation(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// How many bytes the character at the front has; 0 where it is none (RFC 3629, table 3-7 of
/// Unicode: no overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t character_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const std::uint8_t lead = byte(0);
    if (lead < 0x80) return 1;
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return 0;
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    const std::uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (byte(1) < low || byte(1) > high) return 0;
    return std::ranges::all_of(text.substr(2, size - 2), is_continuation) ? size : 0;
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto plain =
            static_cast<std::size_t>(std::ranges::find_if(text, needs_escape) - text.begin());
        out += text.substr(0, plain);
        if (plain == text.size()) break;
        append_escape(out, text[plain]);
        text.remove_prefix(plain + 1);
    }
    out += '"';
}

bool is_on_one_line(std::string_view json) {
    // Two memchr, where a search for either character goes byte by byte.
    return json.find('\n') == std::string_view::npos && json.find('\r') == std::string_view::npos;
}

void append_on_one_line(std::string& out, std::string_view json) {
    const auto is_break = [](char c) { return c == '\n' || c == '\r'; };
    if (is_on_one_line(json)) {
        out += json;
        return;
    }
    std::ranges::remove_copy_if(json, std::back_inserter(out), is_break);
}

std::string pointer_to(std::string_view name) {
    std::string pointer = "/";
    for (const char c : name) {
        if (c == '~') {
            pointer += "~0";
        } else if (c == '/') {
            pointer += "~1";
        } else {
            pointer += c;
        }
    }
    return pointer;
}

std::string shortened(std::string_view text) {
    constexpr std::size_t kMaxBytes = 64;
    if (text.size() <= kMaxBytes) return std::string(text);
    std::size_t size = kMaxBytes;
    while (size > 0 && is_continuation(text[size])) --size;
    return std::string(text.substr(0, size)) + "…";
}

std::size_t find_invalid_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t size = character_size(text.substr(at));
        if (size == 0) return at;
        at += size;
    }
    return std::string_view::npos;
}

std::string percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        unsigned byte = 0;
        const std::string_view digits = text.substr(at + 1, 2);
        if (text[at] == '%' && digits.size() == 2 &&
            std::from_chars(digits.data(), digits.data() + 2, byte, 16).ptr == digits.data() + 2) {
            decoded += static_cast<char>(byte);
            at += 2;
        } else {
            decoded += text[at];
        }
    }
    return decoded;
}

}  // namespace tributary::event
