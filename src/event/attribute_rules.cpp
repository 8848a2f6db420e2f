#include "event/attribute_rules.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/rfc3339.h"

namespace tributary::event {
namespace {

constexpr std::size_t kMaxIdBytes = 128;
constexpr std::size_t kMaxTextBytes = 1024;

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return lowered;
}

}  // namespace

std::optional<std::string> flaw_of_id(std::string_view id) {
    if (id.empty()) return "must not be empty.";
    if (id.size() > kMaxIdBytes) {
        return fmt::format("has {} bytes; at most {} are allowed.", id.size(), kMaxIdBytes);
    }
    if (!std::ranges::all_of(id, [](char c) { return c >= ' ' && c <= '~'; })) {
        return "must consist of printable ASCII characters.";
    }
    return std::nullopt;
}

std::string id_or_new(std::string_view given, UuidV7& ids) {
    return flaw_of_id(given) ? ids.next() : std::string(given);
}

std::optional<std::string> flaw_of_text(std::string_view text) {
    if (text.empty()) return "must not be empty.";
    if (text.size() > kMaxTextBytes) {
        return fmt::format("has {} bytes; at most {} are allowed.", text.size(), kMaxTextBytes);
    }
    if (std::ranges::any_of(text, is_control)) return "must not contain control characters.";
    return std::nullopt;
}

bool is_attribute_name(std::string_view name) {
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
}

bool is_json_content_type(std::string_view header) {
    const ContentType type(header);
    return type.is_utf8() && (type.media_type == "application/json" ||
                              type.media_type == "text/json" || type.media_type.ends_with("+json"));
}

std::optional<std::string> utc_time(std::string_view text) {
    const auto time = parse_rfc3339(text);
    if (!time) return std::nullopt;
    constexpr std::string_view kUsual = "2026-11-23T06:00:00.123Z";
    const bool is_usual =
        text.size() == kUsual.size() && text[10] == 'T' && text[17] != '6' && text.back() == 'Z';
    if (is_usual) return std::string(text);
    if (*time < kFirstTimestamp || *time > kLastTimestamp) return std::nullopt;
    return format_rfc3339(*time);
}

ContentType::ContentType(std::string_view header) {
    auto end = header.find(';');
    media_type = lower(trimmed(header.substr(0, end)));
    while (end != std::string_view::npos) {
        header.remove_prefix(end + 1);
        end = header.find(';');
        const std::string_view parameter = trimmed(header.substr(0, end));
        const auto equals = parameter.find('=');
        if (equals == std::string_view::npos) continue;
        if (lower(trimmed(parameter.substr(0, equals))) != "charset") continue;
        std::string_view value = trimmed(parameter.substr(equals + 1));
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        charset = lower(value);
    }
}

bool ContentType::is_utf8() const {
    return charset.empty() || charset == "utf-8" || charset == "utf8";
}

}  // namespace tributary::event
