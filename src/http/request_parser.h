#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "http/incoming_body.h"
#include "http/message.h"
#include "http/refusal.h"

namespace tributary::http {

/// Reads one request after another from the bytes of a connection. It is strict where leniency
/// would let two servers see two different requests: bare LF, folded headers, both framings at
/// once, unknown transfer codings are all 400. Beast's grammar underneath, without showing it.
class RequestParser {
public:
    explicit RequestParser(std::size_t max_header_bytes);
    RequestParser(const RequestParser&) = delete;
    RequestParser& operator=(const RequestParser&) = delete;
    ~RequestParser();

    /// `input` is everything unread so far, from the request's first byte on. Returns how many
    /// bytes the head took, 0 while it is incomplete; 400 or 431 where it never can be one.
    OrRefusal<std::size_t> read_head(std::string_view input);

    /// The request, once its head was read; without its body.
    [[nodiscard]] Request& request();
    [[nodiscard]] bool has_body() const;
    /// Absent for a chunked body.
    [[nodiscard]] std::optional<std::uint64_t> content_length() const;
    [[nodiscard]] bool is_keep_alive() const;
    [[nodiscard]] bool is_http_1_1() const;

    /// Hands what `input` holds of the body to `body`, and returns how many bytes are used up.
    OrRefusal<std::size_t> read_body(std::string_view input, IncomingBody& body);
    /// Head and body were read.
    [[nodiscard]] bool is_done() const;

    /// Ready for the next request.
    void reset();

private:
    class Grammar;
    OrRefusal<std::size_t> find_head_end(std::string_view input);

    const std::size_t max_header_bytes_;
    std::size_t scanned_ = 0;     ///< Up to here no line of the head has ended it.
    std::size_t line_start_ = 0;  ///< Of the line in which `scanned_` lies.
    std::unique_ptr<Grammar> grammar_;
};

}  // namespace tributary::http
