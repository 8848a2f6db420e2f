#include "http/message_head.h"

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

void append_fields(const Headers& headers, std::string& out) {
    for (const auto& [name, value] : headers.all()) {
        if (is_token(name) && !is_framing(name)) append_field(name, value, out);
    }
}

bool is_target(std::string_view target) {
    return !target.empty() &&
           std::ranges::all_of(target, [](char c) { return c > ' ' && c != '\x7F'; });
}

}  // namespace

bool has_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

void append_response_head(const Response& response, ResponseFraming framing, std::string& out) {
    const boost::beast::string_view reason = boost::beast::http::obsolete_reason(
        boost::beast::http::int_to_status(static_cast<unsigned>(response.status)));
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", response.status,
                   std::string_view(reason.data(), reason.size()));
    append_fields(response.headers, out);
    if (framing.length == ResponseFraming::Length::chunked) {
        out.append("Transfer-Encoding: chunked\r\n");
    } else if (framing.length == ResponseFraming::Length::known && has_body(response.status)) {
        fmt::format_to(std::back_inserter(out), "Content-Length: {}\r\n", response.body.size());
    }
    if (framing.closes) {
        out.append("Connection: close\r\n");
    } else if (framing.says_keep_alive) {
        out.append("Connection: keep-alive\r\n");
    }
    out.append("\r\n");
}

Result<std::string> request_head(const Request& request, std::string_view host,
                                 std::string_view prefix, std::uint64_t length) {
    if (!is_token(request.method) || !is_target(request.target) || request.target[0] != '/') {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{} {}' cannot be sent as a request: the method must be a token, "
                                "and the target an encoded path from '/' on.",
                                request.method, request.target));
    }
    std::string head = fmt::format("{} {}{} HTTP/1.1\r\n", request.method, prefix, request.target);
    if (!request.headers.contains("Host")) append_field("Host", host, head);
    append_fields(request.headers, head);
    const bool usually_has_body =
        request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
    if (length > 0 || usually_has_body) {
        fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", length);
    }
    head.append("\r\n");
    return head;
}

}  // namespace tributary::http
