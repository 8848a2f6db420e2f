#include "http/event_loop.h"

#include <algorithm>
#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::eventually;
using testing::milliseconds;

TEST(EventLoop, RunsTasksInOrderOnOneThread) {
    EventLoop loop;
    std::vector<int> order;
    std::vector<std::thread::id> threads;
    std::promise<void> done;
    loop.post([&] { order.push_back(0); });
    loop.start(3);
    for (int i = 1; i < 100; ++i) {
        loop.post([&, i] {
            order.push_back(i);
            threads.push_back(std::this_thread::get_id());
            if (i == 99) done.set_value();
        });
    }
    done.get_future().get();
    ASSERT_EQ(order.size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(order));
    for (const std::thread::id id : threads) EXPECT_EQ(id, threads.front());
}

TEST(EventLoop, RunsDelayedTasksNotTooEarly) {
    EventLoop loop;
    loop.start(1);
    const auto start = std::chrono::steady_clock::now();
    std::promise<std::string> done;
    std::string order;
    loop.post_after(milliseconds(40), [&] { done.set_value(order + "b"); });
    loop.post_after(milliseconds(10), [&] { order += "a"; });
    EXPECT_EQ(done.get_future().get(), "ab");
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(40));
}

TEST(EventLoop, DropsWhatHasNotRunWhenItStops) {
    auto alive = std::make_shared<int>(0);
    std::atomic<bool> ran = false;
    {
        EventLoop loop;
        loop.start(2);
        loop.post_after(std::chrono::hours(1), [alive, &ran] { ran = true; });
        loop.stop();
        loop.stop();
        loop.post([alive, &ran] { ran = true; });
        EXPECT_GT(alive.use_count(), 1);
    }
    EXPECT_EQ(alive.use_count(), 1);
    EXPECT_FALSE(ran);
}

class EventLoopWatch : public ::testing::Test {
protected:
    ~EventLoopWatch() override { ::close(fd_); }
    void raise() const {
        const std::uint64_t one = 1;
        EXPECT_EQ(::write(fd_, &one, sizeof one), 8);
    }
    void lower() const {
        std::uint64_t count = 0;
        EXPECT_EQ(::read(fd_, &count, sizeof count), 8);
    }
    const int fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
};

TEST_F(EventLoopWatch, CallsEachTimeTheDescriptorIsReadable) {
    EventLoop loop;
    std::atomic<int> calls = 0;
    const auto guard = loop.watch_readable(fd_, [&] {
        lower();
        ++calls;
    });
    loop.start(2);
    for (int i = 1; i <= 5; ++i) {
        raise();
        ASSERT_TRUE(eventually([&] { return calls == i; }));
    }
}

TEST_F(EventLoopWatch, CallsAgainWhatWasLeftReadable) {
    EventLoop loop;
    std::atomic<int> calls = 0;
    const auto guard = loop.watch_readable(fd_, [&] {
        if (++calls == 3) lower();
    });
    loop.start(1);
    raise();
    EXPECT_TRUE(eventually([&] { return calls == 3; }));
}

TEST_F(EventLoopWatch, CallsNoMoreOnceTheGuardIsGone) {
    EventLoop loop;
    loop.start(1);
    std::atomic<int> calls = 0;
    std::promise<void> entered;
    std::atomic<bool> has_left = false;
    auto guard = loop.watch_readable(fd_, [&] {
        lower();
        if (++calls > 1) return;
        entered.set_value();
        std::this_thread::sleep_for(milliseconds(30));
        has_left = true;
    });
    raise();
    entered.get_future().get();
    guard.reset();
    EXPECT_TRUE(has_left) << "The guard waits for a call under way.";
    raise();
    std::promise<void> turned;
    loop.post_after(milliseconds(5), [&] { turned.set_value(); });
    turned.get_future().get();
    EXPECT_EQ(calls, 1);
}

TEST_F(EventLoopWatch, MayEndFromWithinItsCall) {
    EventLoop loop;
    loop.start(1);
    std::atomic<bool> called = false;
    std::shared_ptr<void> guard;
    std::promise<void> is_set;
    const std::shared_future<void> may_go = is_set.get_future().share();
    guard = loop.watch_readable(fd_, [&, may_go] {
        may_go.get();
        guard.reset();
        called = true;
    });
    is_set.set_value();
    raise();
    EXPECT_TRUE(eventually([&] { return called.load(); }));
}

}  // namespace
}  // namespace tributary::http
