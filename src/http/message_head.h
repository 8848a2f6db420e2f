#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tributary::http {

/// What the connection adds to an answer.
struct ResponseFraming {
    bool closes = false;           ///< `Connection: close`.
    bool says_keep_alive = false;  ///< HTTP/1.0 clients need to be told.
    /// The length is not known: chunks, or to HTTP/1.0 clients whatever comes until the end.
    enum class Length { known, chunked, until_end } length = Length::known;
};

/// Whether an answer of this status has a body at all (RFC 9110, 6.4.1).
bool has_body(int status);

/// Appends status line and header fields. Content-Length, Connection and Transfer-Encoding are
/// ours, never the response's. Fields that could forge a line are made harmless.
void append_response_head(const Response& response, ResponseFraming framing, std::string& out);

/// The same for a request to `host` (with the port, where it is not the usual one), with a body of
/// `length` bytes. `prefix` goes before the target. `invalid_input` where method or target cannot
/// be sent.
Result<std::string> request_head(const Request& request, std::string_view host,
                                 std::string_view prefix, std::uint64_t length);

}  // namespace tributary::http
