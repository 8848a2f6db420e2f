#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "http/client.h"

namespace tributary::http {

/// A timer that calls once, unless disarmed before.
class Deadline {
public:
    explicit Deadline(boost::asio::io_context& context) : timer_(context) {}
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void arm(std::chrono::milliseconds delay, std::function<void()> on_expired);
    void disarm();
    [[nodiscard]] bool has_expired() const { return has_expired_; }

private:
    boost::asio::steady_timer timer_;
    std::uint64_t armed_ = 0;  ///< Tells a timer that fired late from the current one.
    bool has_expired_ = false;
};

/// A byte stream to one server: the only place that knows whether it is plain TCP or TLS.
class ClientStream {
public:
    using Socket = boost::asio::ip::tcp::socket;

    /// `ca_file` as in ClientSettings.
    ClientStream(boost::asio::io_context& context, const Url& server, const std::string& ca_file)
        : context_(context),
          server_(server),
          ca_file_(ca_file),
          resolver_(context),
          socket_(context),
          connect_deadline_(context) {}

    /// Runs the context until connected, with https until the server has proved who it is.
    /// `unavailable` with the reason where it cannot; `invalid_input` where the CA file is at
    /// fault.
    Result<void> connect(std::chrono::milliseconds timeout);
    /// Cuts the connection, whatever is under way; what is ends with an error.
    void close();
    /// Open, and neither closed by the server nor with bytes that nobody asked for.
    [[nodiscard]] bool is_reusable();

    template <class Buffers, class Done>
    void write_some(const Buffers& buffers, Done done) {
        if (tls_) {
            tls_->async_write_some(buffers, std::move(done));
        } else {
            socket_.async_write_some(buffers, std::move(done));
        }
    }
    template <class Buffer, class Done>
    void read_some(const Buffer& buffer, Done done) {
        if (tls_) {
            tls_->async_read_some(buffer, std::move(done));
        } else {
            socket_.async_read_some(buffer, std::move(done));
        }
    }

private:
    using Endpoints = std::vector<boost::asio::ip::tcp::endpoint>;
    boost::system::error_code resolve(Endpoints& endpoints);
    boost::system::error_code connect_to(const Endpoints& endpoints);
    /// Makes the session that the handshake needs; nothing to do with plain http.
    Result<void> prepare_tls();
    boost::system::error_code shake_hands();
    std::string reason_of(boost::system::error_code error);

    boost::asio::io_context& context_;
    const Url& server_;
    const std::string& ca_file_;
    boost::asio::ip::tcp::resolver resolver_;
    Socket socket_;
    std::optional<boost::asio::ssl::context> tls_context_;  ///< Of all sessions.
    std::optional<boost::asio::ssl::stream<Socket&>> tls_;  ///< One session over `socket_`.
    Deadline connect_deadline_;
    bool is_cut_ = false;  ///< `close` was called while connecting.
};

}  // namespace tributary::http
