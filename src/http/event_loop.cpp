#include "http/event_loop.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <future>
#include <unistd.h>

#include "http/loop_thread.h"

namespace tributary::http {

namespace asio = boost::asio;

void LoopThread::run() {
    thread_ = std::this_thread::get_id();
    const auto work = asio::make_work_guard(*context_);
    context_->run();
    thread_ = std::thread::id();
}

void LoopThread::run_and_wait(const std::function<void()>& task) {
    if (is_current()) return task();
    const auto ran = std::make_shared<std::promise<void>>();
    const std::future<void> done = ran->get_future();
    if (is_running_) {
        post([task, ran] {
            task();
            ran->set_value();
        });
    }
    while (is_running_) {
        if (done.wait_for(std::chrono::milliseconds(10)) == std::future_status::ready) return;
    }
    if (done.wait_for(std::chrono::milliseconds(0)) != std::future_status::ready) task();
}

void LoopThread::close() {
    std::unique_ptr<asio::io_context> context;
    {
        const std::scoped_lock lock(mutex_);
        context = std::move(context_);
    }
    // Destroyed outside the lock: what waits in it may hold Responders, which post when they go.
}

void EventLoop::Implementation::start(int threads) {
    while (threads_.size() < static_cast<std::size_t>(threads)) {
        threads_.push_back(std::make_shared<LoopThread>());
    }
    for (const auto& thread : threads_) {
        thread->set_started();
        running_.emplace_back([thread] { thread->run(); });
    }
}

void EventLoop::Implementation::stop() {
    if (running_.empty()) return;
    for (const auto& thread : threads_) thread->stop();
    running_.clear();
    for (const auto& thread : threads_) thread->set_stopped();
}

void EventLoop::Implementation::close() {
    for (const auto& thread : threads_) thread->close();
}

EventLoop::EventLoop() : implementation_(std::make_unique<Implementation>()) {
}

EventLoop::~EventLoop() {
    implementation_->stop();
    implementation_->close();
}

void EventLoop::start(int threads) {
    implementation_->start(threads);
}

void EventLoop::stop() {
    implementation_->stop();
}

void EventLoop::post(Task task) {
    implementation_->first()->post(std::move(task));
}

void EventLoop::post_after(std::chrono::milliseconds delay, Task task) {
    auto timer = std::make_unique<asio::steady_timer>(implementation_->first()->context(), delay);
    asio::steady_timer& waiting = *timer;
    waiting.async_wait([timer = std::move(timer),
                        task = std::move(task)](boost::system::error_code error) mutable {
        if (!error) task();
    });
}

namespace {

/// One watched descriptor. The mutex is held during a call, so that `stop` waits for it; it is
/// recursive, so that a call may end its own watch.
class ReadableWatch : public std::enable_shared_from_this<ReadableWatch> {
public:
    ReadableWatch(asio::io_context& context, int fd, std::function<void()> on_readable)
        : descriptor_(context, fd), on_readable_(std::move(on_readable)) {}

    void wait() {
        const std::scoped_lock lock(mutex_);
        if (is_stopped_) return;
        descriptor_.async_wait(
            asio::posix::stream_descriptor::wait_read,
            [self = shared_from_this()](boost::system::error_code error) { self->on_wait(error); });
    }

    void stop() {
        const std::scoped_lock lock(mutex_);
        is_stopped_ = true;
        if (descriptor_.is_open()) descriptor_.release();
    }

private:
    void on_wait(boost::system::error_code error) {
        const std::scoped_lock lock(mutex_);
        if (error || is_stopped_) return;
        on_readable_();
        wait();
    }

    std::recursive_mutex mutex_;
    bool is_stopped_ = false;
    asio::posix::stream_descriptor descriptor_;
    std::function<void()> on_readable_;
};

}  // namespace

std::shared_ptr<void> EventLoop::watch_readable(int fd, std::function<void()> on_readable) {
    auto watch = std::make_shared<ReadableWatch>(implementation_->first()->context(), fd,
                                                 std::move(on_readable));
    watch->wait();
    ReadableWatch* watched = watch.get();
    return {watched, [watch = std::move(watch)](ReadableWatch*) { watch->stop(); }};
}

}  // namespace tributary::http
