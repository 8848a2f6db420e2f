#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "http/event_loop.h"

namespace tributary::http {

/// One io_context and the thread that runs it. Shared, because answers may come from anywhere at
/// any time: whoever posts after the loop has ended finds it closed instead of gone.
class LoopThread {
public:
    /// Only on the loop itself or while it certainly lives.
    [[nodiscard]] boost::asio::io_context& context() { return *context_; }

    [[nodiscard]] bool is_current() const {
        return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
    }

    /// Runs `task` on the thread, soon. Thread-safe. Once the loop has ended, `task` is dropped.
    template <class Task>
    void post(Task&& task) {
        const std::scoped_lock lock(mutex_);
        if (context_) boost::asio::post(*context_, std::forward<Task>(task));
    }

    /// Runs `task` on the thread and waits for it; runs it here where no thread runs the loop.
    void run_and_wait(const std::function<void()>& task);

    /// The thread's body.
    void run();
    void stop() { context_->stop(); }
    /// The thread has been joined.
    void set_stopped() { is_running_ = false; }
    void set_started() { is_running_ = true; }
    /// Drops the context and all that waits in it.
    void close();

private:
    std::mutex mutex_;  ///< For `context_` against its end; the loop thread itself needs none.
    std::unique_ptr<boost::asio::io_context> context_ =
        std::make_unique<boost::asio::io_context>(1);
    std::atomic<std::thread::id> thread_;
    std::atomic<bool> is_running_ = false;
};

class EventLoop::Implementation {
public:
    Implementation() : threads_{std::make_shared<LoopThread>()} {}

    void start(int threads);
    void stop();
    void close();

    /// Tasks, timers, watches and listeners live here.
    [[nodiscard]] const std::shared_ptr<LoopThread>& first() const { return threads_.front(); }
    /// All of them; complete once the loop was started.
    [[nodiscard]] const std::vector<std::shared_ptr<LoopThread>>& threads() const {
        return threads_;
    }

private:
    std::vector<std::shared_ptr<LoopThread>> threads_;
    std::vector<std::jthread> running_;
};

}  // namespace tributary::http
