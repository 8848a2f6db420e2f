#include "http/connection_group.h"

#include <algorithm>
#include <vector>

namespace tributary::http {

namespace {

/// Fine enough for the shortest timeout, and never more than four times a second for usual ones.
std::chrono::milliseconds sweep_interval(const ServerSettings& settings) {
    using std::chrono::milliseconds;
    const milliseconds shortest = std::min({settings.header_timeout, settings.body_timeout,
                                            settings.idle_timeout, settings.write_timeout});
    return std::clamp(shortest / 4, milliseconds(5), milliseconds(250));
}

}  // namespace

ConnectionGroup::ConnectionGroup(std::shared_ptr<ServerShared> shared,
                                 std::shared_ptr<LoopThread> thread)
    : shared_(std::move(shared)),
      thread_(std::move(thread)),
      interval_(sweep_interval(shared_->settings)),
      timer_(thread_->context()) {
}

void ConnectionGroup::add(Socket socket) {
    const auto connection = std::make_shared<Connection>(std::move(socket), *this);
    connections_.emplace(connection.get(), connection);
    connection->start();
    if (shared_->is_draining) connection->drain();
    if (!is_sweeping_ && !connections_.empty()) sweep_later();
}

void ConnectionGroup::remove(const Connection& connection) {
    if (connections_.erase(&connection) == 0) return;
    --shared_->connections;
    shared_->on_closed();
}

void ConnectionGroup::drain() {
    for (const auto& [_, connection] : std::vector(connections_.begin(), connections_.end())) {
        connection->drain();
    }
}

void ConnectionGroup::close_all() {
    for (const auto& [_, connection] : std::vector(connections_.begin(), connections_.end())) {
        connection->close();
    }
    timer_.cancel();
}

std::uint64_t ConnectionGroup::tick_after(std::chrono::milliseconds timeout) const {
    // One more, because the current tick may be about to end.
    return tick_ + static_cast<std::uint64_t>(timeout / interval_) + 2;
}

void ConnectionGroup::sweep_later() {
    is_sweeping_ = true;
    timer_.expires_after(interval_);
    timer_.async_wait([self = shared_from_this()](boost::system::error_code error) {
        if (!error) self->sweep();
    });
}

void ConnectionGroup::sweep() {
    ++tick_;
    std::vector<std::shared_ptr<Connection>> expired;
    for (const auto& [_, connection] : connections_) {
        if (connection->is_expired(tick_)) expired.push_back(connection);
    }
    for (const auto& connection : expired) connection->on_timeout();
    is_sweeping_ = false;
    if (!connections_.empty()) sweep_later();
}

}  // namespace tributary::http
