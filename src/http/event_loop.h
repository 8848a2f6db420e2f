#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace tributary::http {

/// One or more threads that run callbacks: the server's connections live on it, and other parts
/// may put their own small work there. Wraps an Asio io_context without showing it.
class EventLoop {
public:
    using Task = std::move_only_function<void()>;

    EventLoop();
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;
    /// Stops and joins.
    ~EventLoop();

    /// Runs the loop on `threads` threads of its own, until `stop`. Call once.
    void start(int threads);
    /// Makes the threads return after what they run now; joins them. Idempotent.
    void stop();

    /// Runs `task` on a loop thread, soon. Thread-safe. Tasks must not block.
    void post(Task task);
    /// The same, after a delay.
    void post_after(std::chrono::milliseconds delay, Task task);
    /// Calls `on_readable` on the loop each time `fd` (an eventfd or pipe, owned by the caller)
    /// becomes readable, until the returned guard is destroyed. Never two calls at once.
    [[nodiscard]] std::shared_ptr<void> watch_readable(int fd, std::function<void()> on_readable);

    class Implementation;
    [[nodiscard]] Implementation& implementation() { return *implementation_; }

private:
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::http
