#include "http/connection.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <cassert>
#include <fmt/format.h>

#include "http/connection_group.h"
#include "http/message_head.h"
#include "http/text.h"

namespace tributary::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kSmallRead = std::size_t{4} * 1024;
constexpr std::size_t kMiddleRead = std::size_t{16} * 1024;
constexpr std::size_t kLargeRead = std::size_t{64} * 1024;
constexpr std::size_t kKeptWhileIdle = std::size_t{32} * 1024;
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

std::string address_of(const Socket& socket) {
    error_code error;
    const auto peer = socket.remote_endpoint(error);
    return error ? std::string() : peer.address().to_string();
}

/// Several fields are one list (RFC 9110, 5.3).
std::string content_encoding(const Headers& headers) {
    std::string list;
    for (const auto& [name, value] : headers.all()) {
        if (!equals_without_case(name, "Content-Encoding")) continue;
        if (!list.empty()) list += ", ";
        list += value;
    }
    return list;
}

}  // namespace

Connection::Connection(Socket socket, ConnectionGroup& group)
    : socket_(std::move(socket)),
      group_(&group),
      shared_(group.shared()),
      thread_(group.thread()),
      remote_address_(address_of(this->socket())),
      parser_(shared_->settings.max_header_bytes),
      share_(shared_->budget) {
}

void Connection::start() {
    set_deadline(shared_->settings.idle_timeout);
    read();
}

void Connection::drain() {
    if (phase_ == Phase::streaming) return close();
    if (phase_ != Phase::idle) return;
    // A read that has its bytes goes on; one that still waits fails, and with it the connection.
    error_code ignored;
    if (socket().available(ignored) == 0) socket().cancel(ignored);
}

void Connection::close() {
    if (phase_ == Phase::closed) return;
    phase_ = Phase::closed;
    is_stream_open_ = false;
    deadline_tick_ = 0;
    error_code ignored;
    socket().close(ignored);
    socket_.reset();
    body_.reset();
    share_.release();
    group_->remove(*this);
}

Socket& Connection::socket() {
    assert(socket_);
    return *socket_;
}

IncomingBody& Connection::body() {
    assert(body_);
    return *body_;
}

// ---- reading

void Connection::read() {
    is_reading_ = true;
    socket().async_read_some(input_.prepare(read_size()),
                             [self = shared_from_this()](error_code error, std::size_t bytes) {
                                 self->on_read(error, bytes);
                             });
}

std::size_t Connection::read_size() {
    if (phase_ == Phase::lingering || phase_ == Phase::streaming) return kMiddleRead;
    if (phase_ != Phase::body) return kSmallRead;
    const bool is_large = body().has_sink() || parser_.content_length().value_or(0) > kMiddleRead;
    return is_large ? kLargeRead : kMiddleRead;
}

void Connection::on_read(error_code error, std::size_t bytes) {
    is_reading_ = false;
    switch (phase_) {
        case Phase::closed: return;
        case Phase::handling:
        case Phase::writing: return;  // The request was refused meanwhile.
        case Phase::streaming:
        case Phase::lingering: return error ? close() : read();
        case Phase::idle:
        case Phase::head:
            if (error) return close();
            input_.commit(bytes);
            return process_head();
        case Phase::body:
            if (error) return close();
            input_.commit(bytes);
            if (body().has_sink()) set_deadline(shared_->settings.body_timeout);
            return process_body();
    }
}

std::string_view Connection::unread() const {
    const auto data = input_.data();
    return {static_cast<const char*>(data.data()), data.size()};
}

void Connection::process_head() {
    const auto used = parser_.read_head(unread());
    if (!used) return refuse_request(used.error());
    if (*used == 0) {
        const bool is_begun = unread().find_first_not_of("\r\n") != std::string_view::npos;
        if (phase_ == Phase::idle && is_begun) {
            phase_ = Phase::head;
            set_deadline(shared_->settings.header_timeout);
        }
        return read();
    }
    input_.consume(*used);
    phase_ = Phase::body;
    set_deadline(shared_->settings.body_timeout);
    if (const auto begun = begin_body(); !begun) return refuse_request(begun.error());
    if (!parser_.has_body()) return hand_over();
    const bool client_waits = parser_.request().headers.contains("Expect");
    if (client_waits && parser_.is_http_1_1() && input_.size() == 0) return send_continue();
    process_body();
}

OrRefusal<void> Connection::begin_body() {
    Request& head = parser_.request();
    head.remote_address = remote_address_;
    const std::string_view expectation = head.headers.get("Expect");
    if (!expectation.empty() && !equals_without_case(expectation, "100-continue")) {
        return refuse(417, fmt::format("Expect: {} is not understood here; only 100-continue is.",
                                       expectation));
    }
    auto policy = ask_policy(head);
    if (!policy) return std::unexpected(std::move(policy.error()));
    if (!parser_.has_body()) {
        body_.emplace(std::move(*policy), nullptr, share_);
        return {};
    }
    auto decoder = make_body_decoder(content_encoding(head.headers));
    if (!decoder) return std::unexpected(std::move(decoder.error()));
    body_.emplace(std::move(*policy), std::move(*decoder), share_);
    return body().expect(parser_.content_length().value_or(0));
}

OrRefusal<BodyPolicy> Connection::ask_policy(const Request& head) {
    try {
        BodyPolicy policy = shared_->handler.on_head(head);
        if (policy.max_body_bytes == 0) policy.max_body_bytes = shared_->settings.max_body_bytes;
        return policy;
    } catch (...) {
        return refuse(500, "The request could not be begun because of an internal error.");
    }
}

void Connection::send_continue() {
    is_continuing_ = true;
    asio::async_write(socket(), asio::buffer(kContinue),
                      [self = shared_from_this()](error_code error, std::size_t) {
                          self->is_continuing_ = false;
                          if (self->phase_ == Phase::closed) return;
                          error ? self->close() : self->read();
                      });
}

void Connection::process_body() {
    const auto used = parser_.read_body(unread(), body());
    if (!used) return refuse_request(used.error());
    input_.consume(*used);
    parser_.is_done() ? hand_over() : read();
}

// ---- handling

void Connection::hand_over() {
    if (const auto finished = body().finish(); !finished) return refuse_request(finished.error());
    Request request = std::move(parser_.request());
    request.body = body().take();
    if (body().is_encoded()) {
        request.headers.remove("Content-Encoding");
        request.headers.remove("Content-Length");
    }
    body_.reset();
    phase_ = Phase::handling;
    deadline_tick_ = 0;
    is_head_request_ = request.method == "HEAD";
    try {
        shared_->handler.handle(std::move(request), Responder(shared_from_this()));
    } catch (...) {
        // The Responder went down with the handler and has answered 500.
    }
}

void Connection::answer(Response response) {
    if (thread_->is_current()) return begin_answer(std::move(response));
    thread_->post([self = shared_from_this(), response = std::move(response)]() mutable {
        self->begin_answer(std::move(response));
    });
}

void Connection::abandon() {
    const auto give_up = [self = shared_from_this()] {
        if (self->phase_ != Phase::handling) return;
        self->begin_answer(self->error_response(
            Refusal(500,
                    "The request was not answered because of an internal error; its outcome is "
                    "unknown.")));
    };
    if (thread_->is_current()) return give_up();
    thread_->post(give_up);
}

Response Connection::error_response(const Refusal& refusal) {
    Response response;
    try {
        response = shared_->handler.on_error(refusal.status, refusal.detail);
    } catch (...) {
        response.status = refusal.status;
    }
    if (refusal.status == 503) response.headers.set("Retry-After", "1");
    if (refusal.status == 415) response.headers.set("Accept-Encoding", "gzip, zstd");
    return response;
}

void Connection::refuse_request(const Refusal& refusal) {
    is_refused_ = true;
    is_head_request_ = parser_.request().method == "HEAD";
    body_.reset();
    write_answer(error_response(refusal), true);
}

// ---- answering

void Connection::begin_answer(Response response) {
    if (phase_ != Phase::handling) return;
    write_answer(std::move(response), !parser_.is_keep_alive() || shared_->is_draining);
}

void Connection::write_answer(Response response, bool closes) {
    phase_ = Phase::writing;
    closes_ = closes;
    if (response.status < 200 || response.status > 999) {
        response = error_response(Refusal(500, "The answer had no valid status."));
    }
    out_head_.clear();
    const bool says_keep_alive = !closes && !parser_.is_http_1_1();
    append_response_head(response, {.closes = closes, .says_keep_alive = says_keep_alive},
                         out_head_);
    const bool sends_body = has_body(response.status) && !is_head_request_;
    out_body_ = sends_body ? std::move(response.body) : std::string();
    share_.add(out_body_.size());
    written_ = 0;
    set_deadline(shared_->settings.write_timeout);
    write();
}

void Connection::write() {
    const std::size_t of_head = std::min(written_, out_head_.size());
    const std::array<asio::const_buffer, 2> rest{
        asio::buffer(out_head_) + of_head,
        asio::buffer(out_body_) + (written_ - of_head),
    };
    socket().async_write_some(rest,
                              [self = shared_from_this()](error_code error, std::size_t bytes) {
                                  self->on_written(error, bytes);
                              });
}

void Connection::on_written(error_code error, std::size_t bytes) {
    if (phase_ != Phase::writing) return;
    if (error) return close();
    written_ += bytes;
    if (written_ == out_head_.size() + out_body_.size()) return on_answered();
    set_deadline(shared_->settings.write_timeout);
    write();
}

void Connection::on_answered() {
    out_body_ = std::string();
    share_.release();
    if (closes_) return linger();
    phase_ = Phase::idle;
    parser_.reset();
    set_deadline(shared_->settings.idle_timeout);
    if (input_.size() > 0) return process_head();
    if (input_.capacity() > kKeptWhileIdle) input_.shrink_to_fit();
    read();
    if (shared_->is_draining) drain();
}

void Connection::linger() {
    error_code ignored;
    const bool may_be_sending = is_refused_ || input_.size() > 0 || socket().available(ignored) > 0;
    if (!may_be_sending) return close();
    // Closing with unread input would reset the connection, and the client might lose the answer.
    phase_ = Phase::lingering;
    socket().shutdown(Socket::shutdown_send, ignored);
    set_deadline(kLingerTime);
    input_.clear();
    if (!is_reading_) read();
}

// ---- deadlines

void Connection::set_deadline(std::chrono::milliseconds timeout) {
    deadline_tick_ = group_->tick_after(timeout);
}

void Connection::on_timeout() {
    switch (phase_) {
        case Phase::head:
            return refuse_request(
                {408, fmt::format("The request's head did not arrive within {} ms.",
                                  shared_->settings.header_timeout.count())});
        case Phase::body:
            if (is_continuing_) return close();
            return refuse_request(
                {408, fmt::format("The request's body did not arrive within {} ms.",
                                  shared_->settings.body_timeout.count())});
        case Phase::idle:
        case Phase::writing:
        case Phase::streaming:
        case Phase::lingering: return close();
        case Phase::handling:
        case Phase::closed: return;
    }
}

}  // namespace tributary::http
