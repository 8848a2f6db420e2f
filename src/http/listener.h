#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "http/connection_group.h"
#include "http/loop_thread.h"

namespace tributary::http {

/// Accepts connections on one address, as many as allowed, and deals them out to the loop threads.
/// Lives on the loop's first thread.
class Listener : public std::enable_shared_from_this<Listener> {
public:
    using NextGroup = std::function<std::shared_ptr<ConnectionGroup>()>;

    Listener(std::shared_ptr<LoopThread> thread, std::shared_ptr<ServerShared> shared,
             NextGroup next_group);

    /// `unavailable` or `invalid_input` with the reason.
    Result<void> open();
    [[nodiscard]] std::uint16_t port() const { return port_; }
    void close();

    /// Accepts until the limit is reached; called again once a connection has gone.
    void accept();
    /// From any thread: a connection has gone.
    void on_room();

private:
    void on_accepted(boost::system::error_code error, Socket socket);
    void accept_later();

    const std::shared_ptr<LoopThread> thread_;
    const std::shared_ptr<ServerShared> shared_;
    const NextGroup next_group_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    std::shared_ptr<ConnectionGroup> next_;
    std::uint16_t port_ = 0;
    bool is_accepting_ = false;
    std::atomic<bool> waits_for_room_ = false;
};

}  // namespace tributary::http
