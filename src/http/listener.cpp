#include "http/listener.h"

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

namespace tributary::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::chrono::milliseconds kPauseAfterFailure{100};

/// `[::1]` means `::1`.
std::string_view without_brackets(std::string_view address) {
    const bool has_brackets = address.starts_with('[') && address.ends_with(']');
    return has_brackets ? address.substr(1, address.size() - 2) : address;
}

}  // namespace

Listener::Listener(std::shared_ptr<LoopThread> thread, std::shared_ptr<ServerShared> shared,
                   NextGroup next_group)
    : thread_(std::move(thread)),
      shared_(std::move(shared)),
      next_group_(std::move(next_group)),
      acceptor_(thread_->context()),
      pause_(thread_->context()) {
}

Result<void> Listener::open() {
    const ServerSettings& settings = shared_->settings;
    error_code error;
    const auto address =
        asio::ip::make_address(std::string(without_brackets(settings.address)), error);
    if (error) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Cannot listen on '{}': give a numeric IPv4 or IPv6 address, such "
                                "as 127.0.0.1, 0.0.0.0 or ::.",
                                settings.address));
    }
    const tcp::endpoint endpoint(address, settings.port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error && address.is_v6()) acceptor_.set_option(asio::ip::v6_only(false), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    if (!error) port_ = acceptor_.local_endpoint(error).port();
    if (error) {
        return fail(ErrorCode::unavailable,
                    fmt::format("Cannot listen on {} port {}: {}. Free the port, or choose another "
                                "address or port.",
                                settings.address, settings.port, error.message()));
    }
    return {};
}

void Listener::close() {
    error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
}

void Listener::accept() {
    if (is_accepting_ || !acceptor_.is_open()) return;
    if (shared_->connections >= shared_->settings.max_connections) {
        waits_for_room_ = true;
        // A connection may have gone between the look and the flag.
        if (shared_->connections >= shared_->settings.max_connections) return;
        waits_for_room_ = false;
    }
    is_accepting_ = true;
    next_ = next_group_();
    acceptor_.async_accept(next_->thread()->context(),
                           [self = shared_from_this()](error_code error, Socket socket) {
                               self->on_accepted(error, std::move(socket));
                           });
}

void Listener::on_room() {
    if (!waits_for_room_.exchange(false)) return;
    thread_->post([self = shared_from_this()] { self->accept(); });
}

void Listener::on_accepted(error_code error, Socket socket) {
    is_accepting_ = false;
    if (!acceptor_.is_open()) return;
    if (error == asio::error::connection_aborted) return accept();
    if (error) return accept_later();
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    ++shared_->connections;
    if (next_->thread()->is_current()) {
        next_->add(std::move(socket));
    } else {
        next_->thread()->post([group = next_, socket = std::move(socket)]() mutable {
            group->add(std::move(socket));
        });
    }
    accept();
}

/// Out of descriptors or memory: trying again at once would only spin.
void Listener::accept_later() {
    pause_.expires_after(kPauseAfterFailure);
    pause_.async_wait([self = shared_from_this()](error_code error) {
        if (!error) self->accept();
    });
}

}  // namespace tributary::http
