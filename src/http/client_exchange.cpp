#include "http/client_exchange.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <fmt/format.h>

namespace tributary::http {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::size_t kReadBytes = std::size_t{64} * 1024;

}  // namespace

Result<void> ClientExchange::run() {
    read();
    next_piece();
    // Not left before every operation has ended: they refer to this object.
    while (!outcome_ || is_writing_ || is_reading_) context_.run_one();
    return *std::move(outcome_);
}

bool ClientExchange::leaves_stream_clean() const {
    return head_.empty() && piece_.empty() && source_left_ == 0 && input_.size() == 0;
}

void ClientExchange::finish(Result<void> outcome) {
    if (outcome_) return;
    outcome_ = std::move(outcome);
    if (is_writing_ || is_reading_) stream_.close();
}

void ClientExchange::next_piece() {
    if (source_left_ > 0 && piece_.empty()) {
        auto piece = (*source_)();
        if (!piece) return finish(std::unexpected(std::move(piece.error())));
        if (piece->empty() || piece->size() > source_left_) {
            return finish(
                fail(ErrorCode::invalid_input,
                     fmt::format("The body to be sent has {} bytes {} than announced.",
                                 piece->empty() ? source_left_ : piece->size() - source_left_,
                                 piece->empty() ? "less" : "more")));
        }
        piece_ = *piece;
        source_left_ -= piece->size();
    }
    if (!head_.empty() || !piece_.empty()) write();
}

void ClientExchange::write() {
    is_writing_ = true;
    const std::array<asio::const_buffer, 2> rest{asio::buffer(head_), asio::buffer(piece_)};
    stream_.write_some(rest,
                       [this](error_code error, std::size_t bytes) { on_written(error, bytes); });
}

void ClientExchange::on_written(error_code error, std::size_t bytes) {
    is_writing_ = false;
    // A server that has answered and closed is not listening any more: the answer decides.
    if (outcome_ || error) return;
    has_sent_anything_ = true;
    const std::size_t of_head = std::min(bytes, head_.size());
    head_.remove_prefix(of_head);
    piece_.remove_prefix(bytes - of_head);
    next_piece();
}

void ClientExchange::read() {
    is_reading_ = true;
    stream_.read_some(input_.prepare(kReadBytes),
                      [this](error_code error, std::size_t bytes) { on_read(error, bytes); });
}

void ClientExchange::on_read(error_code error, std::size_t bytes) {
    is_reading_ = false;
    if (outcome_) return;
    if (error == asio::error::eof) return finish(parser_.read_end());
    if (error) {
        return finish(fail(ErrorCode::timed_out,
                           fmt::format("The connection was cut before the whole answer had come "
                                       "({}); whether the server processed the request is unknown.",
                                       error.message())));
    }
    input_.commit(bytes);
    const auto data = input_.data();
    const auto used = parser_.read({static_cast<const char*>(data.data()), data.size()});
    if (!used) return finish(std::unexpected(used.error()));
    input_.consume(*used);
    if (parser_.is_done()) return finish({});
    read();
}

}  // namespace tributary::http
