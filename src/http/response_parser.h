#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "http/client.h"
#include "http/message.h"

namespace tributary::http {

/// Reads one answer from the bytes of a connection; interim answers (1xx) are skipped. Beast's
/// grammar underneath, without showing it.
class ResponseParser {
public:
    /// `target` takes the body of a 2xx; null: all bodies are buffered. It is not copied.
    ResponseParser(bool answers_head, std::size_t max_body_bytes, const Client::BodyTarget* target);
    ResponseParser(const ResponseParser&) = delete;
    ResponseParser& operator=(const ResponseParser&) = delete;
    ~ResponseParser();

    /// Returns how many bytes of `input` are used up. `timed_out` where this is no HTTP or too
    /// long, the target's own error where it refused a piece.
    Result<std::size_t> read(std::string_view input);
    /// The connection has ended, which for some answers is how they end.
    Result<void> read_end();

    [[nodiscard]] bool is_done() const;
    /// Any byte of an answer was seen.
    [[nodiscard]] bool has_begun() const { return has_begun_; }
    [[nodiscard]] bool is_keep_alive() const;
    Response take();

private:
    class Grammar;
    std::unique_ptr<Grammar> grammar_;
    bool has_begun_ = false;
};

}  // namespace tributary::http
