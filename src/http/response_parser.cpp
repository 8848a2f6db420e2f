#include "http/response_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>
#include <optional>

namespace tributary::http {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

constexpr std::uint32_t kMaxHeadBytes = 64 * 1024;

std::string_view view(string_view text) {
    return {text.data(), text.size()};
}

}  // namespace

class ResponseParser::Grammar final : public beast_http::basic_parser<false> {
public:
    Grammar(bool answers_head, std::size_t max_body_bytes, const Client::BodyTarget* target)
        : answers_head_(answers_head), max_body_bytes_(max_body_bytes), target_(target) {
        header_limit(kMaxHeadBytes);
        body_limit(boost::none);
        skip(answers_head);
    }

    [[nodiscard]] std::unique_ptr<Grammar> fresh() const {
        return std::make_unique<Grammar>(answers_head_, max_body_bytes_, target_);
    }
    /// Beast asserts that it never sees less than `0 CR LF CR LF` when it comes back to a last
    /// chunk's header; as no chunked body can end with less, nothing is lost by waiting for it.
    [[nodiscard]] bool waits_for_more_than(std::size_t bytes) const {
        return is_header_done() && chunked() && bytes < 5;
    }
    [[nodiscard]] bool is_interim() const { return is_done() && response_.status < 200; }
    Response& response() { return response_; }

    /// What made `error`: our own reason, or the grammar's.
    [[nodiscard]] Error reason(error_code error) const {
        if (failure_) return *failure_;
        return {ErrorCode::timed_out,
                fmt::format("The server's answer is not valid HTTP/1.1 ({}); whether it processed "
                            "the request is unknown.",
                            error.message())};
    }

private:
    void on_request_impl(beast_http::verb, string_view, string_view, int, error_code&) override {}
    void on_response_impl(int code, string_view, int, error_code&) override {
        response_.status = code;
    }
    void on_field_impl(beast_http::field, string_view name, string_view value,
                       error_code&) override {
        if (is_header_done()) return;  // A trailer.
        response_.headers.add(std::string(view(name)), std::string(view(value)));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
    std::size_t on_body_impl(string_view piece, error_code& error) override {
        if (auto taken = take_piece(view(piece)); !taken) {
            failure_ = std::move(taken.error());
            error = beast_http::error::body_limit;
        }
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& error) override {
        return on_body_impl(piece, error);
    }
    void on_finish_impl(error_code&) override {}

    Result<void> take_piece(std::string_view piece) {
        if (target_ != nullptr && response_.status / 100 == 2) return (*target_)(piece);
        if (response_.body.size() + piece.size() > max_body_bytes_) {
            return fail(ErrorCode::timed_out,
                        fmt::format("The server's answer is longer than the {} bytes that are "
                                    "accepted; the request was probably processed.",
                                    max_body_bytes_));
        }
        response_.body.append(piece);
        return {};
    }

    const bool answers_head_;
    const std::size_t max_body_bytes_;
    const Client::BodyTarget* const target_;
    Response response_;
    std::optional<Error> failure_;
};

ResponseParser::ResponseParser(bool answers_head, std::size_t max_body_bytes,
                               const Client::BodyTarget* target)
    : grammar_(std::make_unique<Grammar>(answers_head, max_body_bytes, target)) {
}

ResponseParser::~ResponseParser() = default;

Result<std::size_t> ResponseParser::read(std::string_view input) {
    has_begun_ = has_begun_ || !input.empty();
    std::size_t used = 0;
    while (used < input.size() && !grammar_->is_done()) {
        if (grammar_->waits_for_more_than(input.size() - used)) break;
        error_code error;
        used += grammar_->put({input.data() + used, input.size() - used}, error);
        if (error == beast_http::error::need_more) break;
        if (error) return std::unexpected(grammar_->reason(error));
        if (grammar_->is_interim()) grammar_ = grammar_->fresh();
    }
    return used;
}

Result<void> ResponseParser::read_end() {
    error_code error = beast_http::error::partial_message;
    if (grammar_->got_some()) grammar_->put_eof(error);
    if (!error) return {};
    return fail(ErrorCode::timed_out,
                has_begun_
                    ? "The server closed the connection in the middle of its answer; whether "
                      "it processed the request is unknown."
                    : "The server closed the connection without an answer; whether it "
                      "processed the request is unknown.");
}

bool ResponseParser::is_done() const {
    return grammar_->is_done();
}

bool ResponseParser::is_keep_alive() const {
    return grammar_->keep_alive();
}

Response ResponseParser::take() {
    return std::move(grammar_->response());
}

}  // namespace tributary::http
