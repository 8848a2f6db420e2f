#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "http/server.h"

namespace tributary::console {

struct LiveFeedSettings {
    std::chrono::milliseconds interval{1'000};
    std::size_t max_streams = 64;
    std::size_t max_history = 300;
    std::size_t max_history_bytes = std::size_t{512} << 10;  ///< Less than a stream may wait for.
};

/// Measures once every interval for as long as somebody watches, and sends each measurement as one
/// line to all who do; who comes later gets the lines of the last minutes first. Thread-safe; one
/// thread of its own, on which the measurement may block.
class LiveFeed {
public:
    /// One line of JSON, without its end.
    using Sample = std::function<std::string()>;

    /// `clock` must outlive the feed.
    LiveFeed(LiveFeedSettings settings, Sample sample, const Clock& clock);
    ~LiveFeed();
    LiveFeed(const LiveFeed&) = delete;
    LiveFeed& operator=(const LiveFeed&) = delete;

    /// Answers with a stream; 503 where too many watch already.
    void add(http::Responder responder);

private:
    void run();
    /// Waits until somebody watches and the next measurement is due; false at the end.
    bool wait_for_work(std::unique_lock<std::mutex>& lock);
    void publish(const std::string& line);

    const LiveFeedSettings settings_;
    const Sample sample_;
    const Clock& clock_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<http::Stream> streams_;
    std::deque<std::string> history_;
    std::size_t history_bytes_ = 0;
    SteadyTime due_;
    bool is_stopping_ = false;
    std::jthread thread_;
};

}  // namespace tributary::console
