#include "tracing/span_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace tributary::tracing {

SpanQueue::SpanQueue(std::size_t capacity, SpanCounts counts)
    : capacity_(capacity), counts_(std::move(counts)) {
}

void SpanQueue::push(Span span) {
    const std::scoped_lock lock(mutex_);
    if (spans_.size() >= capacity_) return counts_.dropped(1);
    spans_.push_back(std::move(span));
    if (spans_.size() != capacity_ / 2) return;
    is_worth_sending_ = true;
    grown_.notify_one();
}

std::vector<Span> SpanQueue::take(std::size_t most) {
    const std::scoped_lock lock(mutex_);
    const auto end = spans_.begin() + static_cast<std::ptrdiff_t>(std::min(most, spans_.size()));
    std::vector<Span> taken(std::make_move_iterator(spans_.begin()), std::make_move_iterator(end));
    spans_.erase(spans_.begin(), end);
    return taken;
}

void SpanQueue::wait_until_worth_sending(const std::stop_token& stop,
                                         std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    grown_.wait_for(lock, stop, limit, [this] { return std::exchange(is_worth_sending_, false); });
}

}  // namespace tributary::tracing
