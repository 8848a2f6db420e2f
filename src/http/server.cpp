#include "http/server.h"

#include <condition_variable>
#include <mutex>
#include <vector>

#include "http/connection_group.h"
#include "http/listener.h"
#include "http/loop_thread.h"

namespace tributary::http {

namespace {

class ListeningServer final : public Server {
public:
    ListeningServer(EventLoop& loop, ServerSettings settings, Handler& handler)
        : loop_(loop.implementation()),
          shared_(std::make_shared<ServerShared>(std::move(settings), handler)),
          listener_(
              std::make_shared<Listener>(loop_.first(), shared_, [this] { return next_group(); })) {
        shared_->on_closed = [this] { on_closed(); };
    }
    ListeningServer(const ListeningServer&) = delete;
    ListeningServer& operator=(const ListeningServer&) = delete;

    ~ListeningServer() override {
        stop_listening();
        on_each_group([](ConnectionGroup& group) { group.close_all(); });
    }

    Result<void> open() {
        auto opened = listener_->open();
        if (opened) loop_.first()->post([listener = listener_] { listener->accept(); });
        return opened;
    }

    [[nodiscard]] std::uint16_t port() const override { return listener_->port(); }
    [[nodiscard]] std::size_t connections() const override { return shared_->connections; }

    void drain(std::chrono::milliseconds limit) override {
        shared_->is_draining = true;
        stop_listening();
        on_each_group([](ConnectionGroup& group) { group.drain(); });
        {
            std::unique_lock lock(mutex_);
            closed_.wait_for(lock, limit, [this] { return shared_->connections == 0; });
        }
        on_each_group([](ConnectionGroup& group) { group.close_all(); });
    }

private:
    /// After this no connection is dealt out any more.
    void stop_listening() {
        loop_.first()->run_and_wait([this] { listener_->close(); });
    }

    void on_each_group(const std::function<void(ConnectionGroup&)>& action) {
        std::vector<std::shared_ptr<ConnectionGroup>> groups;
        {
            const std::scoped_lock lock(mutex_);
            groups = groups_;
        }
        for (const auto& group : groups) {
            group->thread()->run_and_wait([&] { action(*group); });
        }
    }

    /// Turn by turn through the loop's threads.
    std::shared_ptr<ConnectionGroup> next_group() {
        const std::scoped_lock lock(mutex_);
        while (groups_.size() < loop_.threads().size()) {
            groups_.push_back(
                std::make_shared<ConnectionGroup>(shared_, loop_.threads()[groups_.size()]));
        }
        return groups_[turn_++ % groups_.size()];
    }

    void on_closed() {
        listener_->on_room();
        if (shared_->connections > 0) return;
        const std::scoped_lock lock(mutex_);
        closed_.notify_all();
    }

    EventLoop::Implementation& loop_;
    const std::shared_ptr<ServerShared> shared_;
    const std::shared_ptr<Listener> listener_;
    std::mutex mutex_;
    std::condition_variable closed_;
    std::vector<std::shared_ptr<ConnectionGroup>> groups_;
    std::size_t turn_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(EventLoop& loop, ServerSettings settings,
                                               Handler& handler) {
    auto server = std::make_unique<ListeningServer>(loop, std::move(settings), handler);
    if (auto opened = server->open(); !opened) return std::unexpected(std::move(opened.error()));
    return server;
}

}  // namespace tributary::http
