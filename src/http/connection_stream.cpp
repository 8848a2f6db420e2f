#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <iterator>
#include <utility>

#include "http/connection.h"
#include "http/connection_group.h"
#include "http/message_head.h"

/// The part of a connection that sends answers of unknown length.
namespace tributary::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kMaxUnsentBytes = std::size_t{1} << 20;

}  // namespace

std::shared_ptr<Stream::Target> Connection::stream(Response head) {
    is_stream_open_ = true;
    thread_->post([self = shared_from_this(), head = std::move(head)]() mutable {
        self->begin_stream(std::move(head));
    });
    return shared_from_this();
}

bool Connection::write(std::string_view piece) {
    if (!is_stream_open_) return false;
    if (piece.empty()) return true;
    if (posted_bytes_ + gathered_bytes_ + piece.size() > kMaxUnsentBytes) {
        is_stream_open_ = false;
        return false;
    }
    posted_bytes_ += piece.size();
    thread_->post(
        [self = shared_from_this(), text = std::string(piece)] { self->add_piece(text); });
    return true;
}

void Connection::end() {
    thread_->post([self = shared_from_this()] { self->end_stream(); });
}

void Connection::begin_stream(Response head) {
    if (phase_ != Phase::handling) return;
    phase_ = Phase::streaming;
    closes_ = true;
    is_chunked_ = parser_.is_http_1_1();
    ResponseFraming framing;
    framing.closes = true;
    framing.length =
        is_chunked_ ? ResponseFraming::Length::chunked : ResponseFraming::Length::until_end;
    out_head_.clear();
    out_body_.clear();
    append_response_head(head, framing, out_body_);
    if (is_head_request_ || shared_->is_draining) is_stream_ended_ = true;
    if (is_stream_ended_) is_stream_open_ = false;
    write_pieces();
    // The client will say nothing more; but that it has gone is heard only by listening.
    if (!is_reading_) read();
}

void Connection::add_piece(const std::string& piece) {
    posted_bytes_ -= piece.size();
    if (phase_ != Phase::streaming || is_stream_ended_) return;
    if (is_chunked_) {
        fmt::format_to(std::back_inserter(out_body_), "{:x}\r\n{}\r\n", piece.size(), piece);
    } else {
        out_body_ += piece;
    }
    write_pieces();
}

void Connection::end_stream() {
    if (phase_ != Phase::streaming || is_stream_ended_) return;
    is_stream_ended_ = true;
    is_stream_open_ = false;
    if (is_chunked_) out_body_ += "0\r\n\r\n";
    write_pieces();
}

void Connection::write_pieces() {
    gathered_bytes_ = is_sending_pieces_ ? out_body_.size() : 0;
    if (is_sending_pieces_) return;
    deadline_tick_ = 0;
    if (out_body_.empty()) {
        if (is_stream_ended_) linger();
        return;
    }
    is_sending_pieces_ = true;
    out_head_ = std::exchange(out_body_, {});
    set_deadline(shared_->settings.write_timeout);
    asio::async_write(socket(), asio::buffer(out_head_),
                      [self = shared_from_this()](error_code error, std::size_t bytes) {
                          self->on_pieces_written(error, bytes);
                      });
}

void Connection::on_pieces_written(error_code error, std::size_t) {
    is_sending_pieces_ = false;
    if (phase_ != Phase::streaming) return;
    if (error) return close();
    write_pieces();
}

}  // namespace tributary::http
