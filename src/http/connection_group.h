#pragma once

#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>

#include "http/buffer_budget.h"
#include "http/connection.h"
#include "http/loop_thread.h"
#include "http/server.h"

namespace tributary::http {

/// What all connections of one server share, whatever their thread.
struct ServerShared {
    ServerShared(ServerSettings settings_in, Handler& handler_in)
        : settings(std::move(settings_in)),
          handler(handler_in),
          budget(settings.max_buffered_bytes) {}

    const ServerSettings settings;
    Handler& handler;
    BufferBudget budget;
    std::atomic<std::size_t> connections = 0;
    std::atomic<bool> is_draining = false;  ///< Every answer is its connection's last.
    std::function<void()> on_closed;        ///< A connection is gone; from any loop thread.
};

/// The connections of one server on one loop thread, and the one timer that serves all their
/// deadlines. Everything happens on that thread.
class ConnectionGroup : public std::enable_shared_from_this<ConnectionGroup> {
public:
    ConnectionGroup(std::shared_ptr<ServerShared> shared, std::shared_ptr<LoopThread> thread);

    void add(Socket socket);
    void remove(const Connection& connection);
    /// Closes the idle connections.
    void drain();
    void close_all();

    [[nodiscard]] const std::shared_ptr<ServerShared>& shared() const { return shared_; }
    [[nodiscard]] const std::shared_ptr<LoopThread>& thread() const { return thread_; }
    /// The tick by which `timeout` has certainly passed.
    [[nodiscard]] std::uint64_t tick_after(std::chrono::milliseconds timeout) const;

private:
    void sweep_later();
    void sweep();

    const std::shared_ptr<ServerShared> shared_;
    const std::shared_ptr<LoopThread> thread_;
    const std::chrono::milliseconds interval_;
    boost::asio::steady_timer timer_;
    bool is_sweeping_ = false;
    std::uint64_t tick_ = 1;
    std::unordered_map<const Connection*, std::shared_ptr<Connection>> connections_;
};

}  // namespace tributary::http
