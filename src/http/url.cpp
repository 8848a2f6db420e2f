#include <charconv>
#include <fmt/format.h>

#include "http/client.h"
#include "http/text.h"

namespace tributary::http {

namespace {

std::unexpected<Error> not_a_url(std::string_view text, std::string_view reason) {
    return fail(ErrorCode::invalid_input,
                fmt::format("'{}' is not a server's address: {}. Write http://host:port/path; port "
                            "and path may be left out.",
                            text, reason));
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

bool is_ipv6_character(char c) {
    return (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || (c >= '0' && c <= '9') || c == ':' ||
           c == '.';
}

bool is_path_character(char c) {
    return c > ' ' && c < '\x7F' && c != '?' && c != '#';
}

/// Cuts the host, without brackets, off the front of `rest`; empty where there is none.
std::string_view take_host(std::string_view& rest) {
    const bool is_bracketed = rest.starts_with('[');
    if (is_bracketed) rest.remove_prefix(1);
    const auto is_part = is_bracketed ? is_ipv6_character : is_host_character;
    std::size_t length = 0;
    while (length < rest.size() && is_part(rest[length])) ++length;
    const std::string_view host = rest.substr(0, length);
    rest.remove_prefix(length);
    if (!is_bracketed) return host;
    if (!rest.starts_with(']')) return {};
    rest.remove_prefix(1);
    return host;
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
    const std::size_t colon = text.find("://");
    if (colon == std::string_view::npos) return not_a_url(text, "it has no scheme");
    Url url;
    for (const char c : text.substr(0, colon)) url.scheme += to_lower(c);
    if (url.scheme != "http" && url.scheme != "https") {
        return not_a_url(text, "its scheme is neither http nor https");
    }
    url.port = url.scheme == "https" ? 443 : 80;

    std::string_view rest = text.substr(colon + 3);
    url.host = take_host(rest);
    if (url.host.empty()) return not_a_url(text, "it has no valid host");
    if (rest.starts_with(':')) {
        rest.remove_prefix(1);
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), url.port);
        if (error != std::errc() || url.port == 0) {
            return not_a_url(text, "its port is not a number from 1 to 65535");
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    }
    if (!rest.empty() && rest.front() != '/')
        return not_a_url(text, "something odd follows the host");
    if (!std::all_of(rest.begin(), rest.end(), is_path_character)) {
        return not_a_url(text,
                         "its path has a query, a fragment or a character that must be "
                         "percent-encoded");
    }
    while (rest.ends_with('/')) rest.remove_suffix(1);
    url.path = rest;
    return url;
}

}  // namespace tributary::http
