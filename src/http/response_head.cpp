#include "http/response_head.h"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <fmt/format.h>
#include <iterator>
#include <string_view>

#include "http/text.h"

namespace tributary::http {

namespace {

bool is_framing(std::string_view name) {
    return equals_without_case(name, "Content-Length") || equals_without_case(name, "Connection") ||
           equals_without_case(name, "Transfer-Encoding");
}

bool is_token(std::string_view name) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    return !name.empty() && std::ranges::all_of(name, [&](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               kMarks.find(c) != std::string_view::npos;
    });
}

void append_field(std::string_view name, std::string_view value, std::string& out) {
    out.append(name).append(": ");
    const std::size_t start = out.size();
    out.append(value);
    const auto is_forbidden = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    std::replace_if(out.begin() + static_cast<std::ptrdiff_t>(start), out.end(), is_forbidden, ' ');
    out.append("\r\n");
}

}  // namespace

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void append_head(const Response& response, ResponseFraming framing, std::string& out) {
    const boost::beast::string_view reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                   std::string_view(reason.data(), reason.size()));
    for (const auto& [name, value] : response.headers.all()) {
        if (is_token(name) && !is_framing(name)) append_field(name, value, out);
    }
    if (has_body(response.status)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    }
    if (framing.closes) {
        out.append("Connection: close\r\n");
    } else if (framing.says_keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

}  // namespace tributary::http
