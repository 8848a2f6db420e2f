#pragma once

#include <chrono>
#include <functional>
#include <memory>

namespace tributary::http {

/// One or more threads that run callbacks: the server's connections live on it, and other parts
/// may put their own small work there. Wraps Asio io_contexts, one a thread, without showing them.
/// Tasks, delayed tasks and watches all run on the first thread, one after another, in order.
/// They must neither block nor throw.
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
    /// Makes the threads return after what they run now; joins them. What was posted and has not
    /// run is dropped. Idempotent; not from a loop thread.
    void stop();

    /// Runs `task` on the loop, soon. Thread-safe.
    void post(Task task);
    /// The same, after a delay.
    void post_after(std::chrono::milliseconds delay, Task task);
    /// Calls `on_readable` on the loop whenever `fd` (an eventfd or pipe, owned by the caller) is
    /// readable, until the returned guard is destroyed; that waits for a call under way (but may be
    /// done from within it) and must be done before the loop ends. Never two calls at once.
    [[nodiscard]] std::shared_ptr<void> watch_readable(int fd, std::function<void()> on_readable);

    class Implementation;
    [[nodiscard]] Implementation& implementation() { return *implementation_; }

private:
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::http
