#include "http/client_stream.h"

#include <boost/asio/connect.hpp>
#include <fmt/format.h>
#include <memory>
#include <optional>
#include <sys/socket.h>

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
    connect_deadline_.arm(timeout, [this] { close(); });
    Endpoints endpoints;
    error_code error = resolve(endpoints);
    if (!error) error = connect_to(endpoints);
    connect_deadline_.disarm();
    if (!error) {
        socket_.set_option(tcp::no_delay(true), error);
        return {};
    }
    close();
    const std::string reason =
        error == asio::error::operation_aborted ? "it did not answer in time" : error.message();
    return fail(ErrorCode::unavailable,
                fmt::format("Cannot connect to {} port {}: {}. Nothing was sent.", server_.host,
                            server_.port, reason));
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
