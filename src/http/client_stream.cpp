#include "http/client_stream.h"

#include <boost/asio/connect.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <sys/socket.h>

#include "http/tls.h"

namespace tributary::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::hours kLongest{24 * 365};

}  // namespace

void Deadline::arm(std::chrono::milliseconds delay, std::function<void()> on_expired) {
    has_expired_ = false;
    timer_.expires_after(std::min<std::chrono::milliseconds>(delay, kLongest));
    timer_.async_wait([this, armed = ++armed_, on_expired = std::move(on_expired)](error_code) {
        if (armed != armed_) return;
        has_expired_ = true;
        on_expired();
    });
}

void Deadline::disarm() {
    ++armed_;
    timer_.cancel();
}

Result<void> ClientStream::connect(std::chrono::milliseconds timeout) {
    close();
    is_cut_ = false;
    if (auto prepared = prepare_tls(); !prepared) return prepared;
    connect_deadline_.arm(timeout, [this] { close(); });
    Endpoints endpoints;
    error_code error = resolve(endpoints);
    if (!error) error = connect_to(endpoints);
    if (!error) socket_.set_option(tcp::no_delay(true), error);
    if (!error && tls_) error = shake_hands();
    connect_deadline_.disarm();
    if (!error) return {};
    const std::string reason = reason_of(error);
    close();
    return fail(ErrorCode::unavailable,
                fmt::format("Cannot connect to {} port {}: {}. Nothing was sent.", server_.host,
                            server_.port, reason));
}

Result<void> ClientStream::prepare_tls() {
    if (server_.scheme != "https") return {};
    if (!tls_context_) {
        auto context = make_tls_context(ca_file_);
        if (!context) return std::unexpected(std::move(context.error()));
        tls_context_ = std::move(*context);
    }
    tls_.emplace(socket_, *tls_context_);
    return expect_host(*tls_->native_handle(), server_.host);
}

error_code ClientStream::resolve(Endpoints& endpoints) {
    error_code error;
    const auto address = asio::ip::make_address(server_.host, error);
    if (!error) {
        endpoints.emplace_back(address, server_.port);
        return {};
    }
    // Shared, because a look-up that hangs is left behind when time is up.
    struct LookUp {
        std::optional<error_code> outcome;
        Endpoints found;
    };
    const auto look_up = std::make_shared<LookUp>();
    resolver_.async_resolve(
        server_.host, std::to_string(server_.port), tcp::resolver::numeric_service,
        [look_up](error_code failure, const tcp::resolver::results_type& found) {
            for (const auto& entry : found) look_up->found.push_back(entry.endpoint());
            look_up->outcome = failure;
        });
    while (!look_up->outcome && !is_cut_) context_.run_one();
    endpoints = std::move(look_up->found);
    return look_up->outcome.value_or(asio::error::operation_aborted);
}

error_code ClientStream::connect_to(const Endpoints& endpoints) {
    if (is_cut_) return asio::error::operation_aborted;
    std::optional<error_code> outcome;
    asio::async_connect(socket_, endpoints,
                        [&](error_code failure, const tcp::endpoint&) { outcome = failure; });
    while (!outcome) context_.run_one();
    return *outcome;
}

error_code ClientStream::shake_hands() {
    if (is_cut_ || !tls_) return asio::error::operation_aborted;
    std::optional<error_code> outcome;
    tls_->async_handshake(asio::ssl::stream_base::client,
                          [&](error_code failure) { outcome = failure; });
    while (!outcome) context_.run_one();
    return *outcome;
}

std::string ClientStream::reason_of(error_code error) {
    if (is_cut_) return "it did not answer in time";
    const auto distrust = tls_ ? why_not_trusted(*tls_->native_handle()) : std::string();
    return distrust.empty() ? error.message() : distrust;
}

void ClientStream::close() {
    is_cut_ = true;
    resolver_.cancel();
    error_code ignored;
    socket_.close(ignored);
}

bool ClientStream::is_reusable() {
    if (!socket_.is_open()) return false;
    char byte = 0;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace tributary::http
