#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

#include "tracing/span.h"

namespace tributary::tracing {

/// Told how many spans reached a collector, and how many never will. Thread-safe, never blocks.
struct SpanCounts {
    using Count = std::function<void(std::size_t)>;
    Count exported = [](std::size_t) {};
    Count dropped = [](std::size_t) {};
};

/// Spans that have ended and wait to be sent; bounded, since nobody waits for them. Thread-safe;
/// `push` never blocks.
class SpanQueue {
public:
    explicit SpanQueue(std::size_t capacity, SpanCounts counts = {});

    /// Drops the span where the queue is full.
    void push(Span span);
    /// The oldest ones, at most so many.
    std::vector<Span> take(std::size_t most);
    /// Until half of the capacity has come to be used, `limit` has passed, or it is to stop.
    void wait_until_worth_sending(const std::stop_token& stop, std::chrono::milliseconds limit);

    [[nodiscard]] const SpanCounts& counts() const { return counts_; }

private:
    const std::size_t capacity_;
    const SpanCounts counts_;
    std::mutex mutex_;
    std::condition_variable_any grown_;
    std::deque<Span> spans_;
    bool is_worth_sending_ = false;
};

}  // namespace tributary::tracing
