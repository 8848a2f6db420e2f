#include "ingest/callers.h"

#include <algorithm>
#include <utility>

namespace tributary::ingest {
namespace {

constexpr std::string_view kScheme = "bearer ";

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_name_character(char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto end = text.find(separator);
        parts.push_back(trimmed(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

/// The `=` between caller and token. Those at the end of a token are base64 padding.
std::size_t separator_of(std::string_view entry) {
    const auto found = entry.find('=');
    const bool is_padding = entry.find_first_not_of('=', found) == std::string_view::npos;
    return is_padding ? std::string_view::npos : found;
}

Result<std::vector<std::string>> parse_types(std::string_view text, const std::string& caller,
                                             const event::Catalog& catalog) {
    std::vector<std::string> types;
    for (const std::string_view type : split(text, '|')) {
        if (catalog.find(type) == nullptr) {
            return fail(ErrorCode::invalid_input,
                        "Caller '" + caller + "' may send '" + std::string(type) +
                            "', which is no entity type; there are " + catalog.names() + ".");
        }
        types.emplace_back(type);
    }
    return types;
}

Result<Caller> parse_caller(std::string_view entry, const event::Catalog& catalog) {
    Caller caller;
    const auto separator = separator_of(entry);
    if (separator == std::string_view::npos) {
        caller.token = entry;
        return caller;
    }
    caller.token = trimmed(entry.substr(separator + 1));
    std::string_view name = trimmed(entry.substr(0, separator));
    const auto bracket = name.find('[');
    const std::string_view types =
        bracket == std::string_view::npos ? std::string_view{} : name.substr(bracket);
    name = name.substr(0, bracket);
    if (name.empty() || !std::ranges::all_of(name, is_name_character)) {
        return fail(ErrorCode::invalid_input, "The caller name '" + std::string(name) +
                                                  "' must be letters, digits, '.', '_' or '-'.");
    }
    caller.name = name;
    if (types.empty()) return caller;
    if (!types.ends_with(']')) {
        return fail(ErrorCode::invalid_input, "Caller '" + caller.name +
                                                  "' lacks the ']' behind its types; write "
                                                  "caller[order|product]=token.");
    }
    auto allowed = parse_types(types.substr(1, types.size() - 2), caller.name, catalog);
    if (!allowed) return std::unexpected(std::move(allowed.error()));
    caller.types = std::move(*allowed);
    return caller;
}

/// Looks at every byte of `presented`, whichever is the first that differs.
bool is_same_secret(std::string_view secret, std::string_view presented) {
    std::size_t difference = secret.size() ^ presented.size();
    for (std::size_t i = 0; i < presented.size(); ++i) {
        difference |= static_cast<std::size_t>(
            static_cast<unsigned char>(presented[i] ^ secret[i % secret.size()]));
    }
    // Without it a compiler may leave the loop as soon as the outcome is certain.
    asm volatile("" : "+r"(difference));
    return difference == 0;
}

}  // namespace

bool Caller::may_send(const event::EntityType& type) const {
    return types.empty() || std::ranges::find(types, type.name) != types.end();
}

std::string Caller::source() const {
    return name.empty() ? "/api" : "/api/" + name;
}

Result<std::vector<Caller>> parse_callers(std::string_view text, const event::Catalog& catalog) {
    std::vector<Caller> callers;
    for (const std::string_view entry : split(text, ',')) {
        if (entry.empty()) continue;
        auto caller = parse_caller(entry, catalog);
        if (!caller) return std::unexpected(std::move(caller.error()));
        const auto is_same = [&](const Caller& other) { return other.token == caller->token; };
        if (std::ranges::any_of(callers, is_same)) {
            return fail(ErrorCode::invalid_input, "Caller '" + caller->name +
                                                      "' has the token of another one; give "
                                                      "each caller its own.");
        }
        callers.push_back(std::move(*caller));
    }
    return callers;
}

std::optional<std::size_t> identify(const std::vector<Caller>& callers,
                                    std::string_view authorization) {
    const std::string_view scheme = authorization.substr(0, kScheme.size());
    if (!std::ranges::equal(scheme, kScheme, {}, lower)) return std::nullopt;
    const std::string_view token = trimmed(authorization.substr(kScheme.size()));
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < callers.size(); ++i) {
        if (is_same_secret(callers[i].token, token)) found = i;
    }
    return found;
}

}  // namespace tributary::ingest
