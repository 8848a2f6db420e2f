#include "http/request_parser.h"

#include <boost/beast/http/basic_parser.hpp>
#include <fmt/format.h>
#include <optional>

#include "http/text.h"

namespace tributary::http {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

namespace {

/// `0 CR LF CR LF`. Beast asserts that it never sees less when it comes back to a last chunk's
/// header; as no body can end with less, nothing is lost by waiting for it.
constexpr std::size_t kShortestChunkedEnd = 5;

std::string_view view(string_view text) {
    return {text.data(), text.size()};
}

/// `GET http://host/path` means `/path` here; everything else stays as sent.
std::string without_authority(std::string_view target) {
    constexpr std::string_view kScheme = "http://";
    if (!equals_without_case(target.substr(0, kScheme.size()), kScheme)) return std::string(target);
    target.remove_prefix(std::min(target.size(), target.find_first_of("/?", kScheme.size())));
    return target.starts_with('/') ? std::string(target) : "/" + std::string(target);
}

}  // namespace

/// Beast's parser with its callbacks writing straight into our Request.
class RequestParser::Grammar final {
    class Parser;

public:
    OrRefusal<void> read_head(std::string_view head) {
        Parser& parser = parser_.emplace(*this);
        parser.header_limit(static_cast<std::uint32_t>(head.size() + 1));
        parser.body_limit(boost::none);
        error_code error;
        parser.put({head.data(), head.size()}, error);
        if (refusal_) return std::unexpected(std::move(*refusal_));
        if (error) {
            return refuse(400, fmt::format("The request's head is not valid HTTP/1.1 ({}).",
                                           error.message()));
        }
        if (!parser.is_header_done()) return refuse(400, "The request's head is incomplete.");
        return check_head();
    }

    OrRefusal<std::size_t> read_body(std::string_view input, IncomingBody& body) {
        Parser& parser = this->parser();
        if (parser.chunked() && input.size() < kShortestChunkedEnd) return 0;
        body_ = &body;
        parser.eager(true);
        error_code error;
        const std::size_t used = parser.put({input.data(), input.size()}, error);
        if (refusal_) return std::unexpected(std::move(*refusal_));
        if (error && error != beast_http::error::need_more) {
            return refuse(400, fmt::format("The request's body is not framed as HTTP/1.1 asks "
                                           "({}).",
                                           error.message()));
        }
        return used;
    }

    void reset() {
        parser_.reset();
        request_ = {};
        refusal_.reset();
        hosts_ = 0;
        body_ = nullptr;
    }

    Request& request() { return request_; }
    /// From the head on, until the reset.
    Parser& parser() {
        assert(parser_);
        return *parser_;
    }
    [[nodiscard]] bool is_http_1_1() const { return version_ == 11; }

private:
    class Parser final : public beast_http::basic_parser<true> {
    public:
        explicit Parser(Grammar& grammar) : grammar_(grammar) {}

    private:
        void on_request_impl(beast_http::verb, string_view method, string_view target, int version,
                             error_code&) override {
            grammar_.request_.method = view(method);
            grammar_.request_.target = without_authority(view(target));
            grammar_.version_ = version;
        }
        void on_response_impl(int, string_view, int, error_code&) override {}
        void on_field_impl(beast_http::field name, string_view text, string_view value,
                           error_code& error) override {
            if (is_header_done()) return;  // A trailer; nobody asked for one.
            grammar_.take_field(name, view(text), view(value));
            if (grammar_.refusal_) error = beast_http::error::bad_field;
        }
        void on_header_impl(error_code&) override {}
        void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
        std::size_t on_body_impl(string_view piece, error_code& error) override {
            if (auto written = grammar_.body_->write(view(piece)); !written) {
                grammar_.refusal_ = std::move(written.error());
                error = beast_http::error::body_limit;
            }
            return piece.size();
        }
        void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
        std::size_t on_chunk_body_impl(std::uint64_t, string_view piece,
                                       error_code& error) override {
            return on_body_impl(piece, error);
        }
        void on_finish_impl(error_code&) override {}

        Grammar& grammar_;
    };

    void take_field(beast_http::field name, std::string_view text, std::string_view value) {
        if (name == beast_http::field::host) ++hosts_;
        if (name == beast_http::field::transfer_encoding &&
            (!is_http_1_1() || !equals_without_case(value, "chunked"))) {
            refusal_ = Refusal(400,
                               "The only Transfer-Encoding understood here is chunked, and "
                               "only with HTTP/1.1.");
        }
        request_.headers.add(std::string(text), std::string(value));
    }

    OrRefusal<void> check_head() {
        if (hosts_ > 1 || (hosts_ == 0 && is_http_1_1())) {
            return refuse(400, "An HTTP/1.1 request needs exactly one Host header.");
        }
        return {};
    }

    std::optional<Parser> parser_;
    Request request_;
    std::optional<Refusal> refusal_;
    IncomingBody* body_ = nullptr;
    int version_ = 11;
    int hosts_ = 0;
};

RequestParser::RequestParser(std::size_t max_header_bytes)
    : max_header_bytes_(max_header_bytes), grammar_(std::make_unique<Grammar>()) {
}

RequestParser::~RequestParser() = default;

OrRefusal<std::size_t> RequestParser::read_head(std::string_view input) {
    std::size_t blank = 0;  // RFC 9112, 2.2: empty lines before a request are to be ignored.
    while (input.substr(blank, 2) == "\r\n") blank += 2;
    if (blank > line_start_) line_start_ = scanned_ = blank;

    auto end = find_head_end(input);
    if (!end) return end;
    if (std::max(*end, scanned_) > max_header_bytes_) {
        return refuse(431, fmt::format("The request's head is longer than {} bytes; send fewer or "
                                       "shorter header fields.",
                                       max_header_bytes_));
    }
    if (*end == 0) return 0;
    if (auto read = grammar_->read_head(input.substr(blank, *end - blank)); !read) {
        return std::unexpected(std::move(read.error()));
    }
    return *end;
}

OrRefusal<std::size_t> RequestParser::find_head_end(std::string_view input) {
    while (scanned_ < input.size()) {
        const std::size_t line_feed = input.find('\n', scanned_);
        if (line_feed == std::string_view::npos) break;
        if (line_feed == 0 || input[line_feed - 1] != '\r') {
            return refuse(400, "A line of the request's head ends with LF instead of CR LF.");
        }
        const bool is_empty_line = line_feed == line_start_ + 1;
        const bool is_folded = input[line_start_] == ' ' || input[line_start_] == '\t';
        if (is_folded) {
            return refuse(400, "A header field is folded over two lines, which HTTP/1.1 forbids.");
        }
        line_start_ = scanned_ = line_feed + 1;
        if (is_empty_line) return scanned_;
    }
    scanned_ = input.size();
    return 0;
}

Request& RequestParser::request() {
    return grammar_->request();
}

bool RequestParser::has_body() const {
    return !grammar_->parser().is_done();
}

std::optional<std::uint64_t> RequestParser::content_length() const {
    if (grammar_->parser().chunked()) return std::nullopt;
    return grammar_->parser().content_length().value_or(0);
}

bool RequestParser::is_keep_alive() const {
    return grammar_->parser().keep_alive();
}

bool RequestParser::is_http_1_1() const {
    return grammar_->is_http_1_1();
}

OrRefusal<std::size_t> RequestParser::read_body(std::string_view input, IncomingBody& body) {
    auto used = grammar_->read_body(input, body);
    if (used && !is_done() && input.size() - *used > max_header_bytes_) {
        return refuse(400, "A chunk's header or the trailer is too long.");
    }
    return used;
}

bool RequestParser::is_done() const {
    return grammar_->parser().is_done();
}

void RequestParser::reset() {
    grammar_->reset();
    scanned_ = 0;
    line_start_ = 0;
}

}  // namespace tributary::http
