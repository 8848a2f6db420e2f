#include "console/live_feed.h"

#include <utility>

#include "console/responses.h"

namespace tributary::console {
namespace {

/// A gap that long would be drawn as a line through nothing: history begins anew.
constexpr int kMaxMissedIntervals = 10;

}  // namespace

LiveFeed::LiveFeed(LiveFeedSettings settings, Sample sample, const Clock& clock)
    : settings_(settings), sample_(std::move(sample)), clock_(clock), thread_([this] { run(); }) {
}

LiveFeed::~LiveFeed() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
    }
    changed_.notify_all();
}

void LiveFeed::add(http::Responder responder) {
    const std::scoped_lock lock(mutex_);
    if (streams_.size() >= settings_.max_streams) {
        return responder.send(
            problem(503, "Busy", "Too many pages watch already; close some, and load again."));
    }
    auto stream = responder.stream(response_of(200, "application/x-ndjson", ""));
    std::string past;
    for (const std::string& line : history_) past += line;
    if (!stream.write(past)) return;
    streams_.push_back(std::move(stream));
    changed_.notify_all();
}

bool LiveFeed::wait_for_work(std::unique_lock<std::mutex>& lock) {
    changed_.wait(lock, [this] { return is_stopping_ || !streams_.empty(); });
    while (!is_stopping_ && clock_.steady_now() < due_) {
        changed_.wait_for(lock, due_ - clock_.steady_now());
    }
    return !is_stopping_;
}

void LiveFeed::run() {
    std::unique_lock lock(mutex_);
    while (wait_for_work(lock)) {
        const SteadyTime now = clock_.steady_now();
        if (now - due_ > kMaxMissedIntervals * settings_.interval) {
            history_.clear();
            history_bytes_ = 0;
        }
        due_ = now + settings_.interval;
        lock.unlock();
        const std::string line = sample_() + '\n';
        lock.lock();
        publish(line);
    }
}

void LiveFeed::publish(const std::string& line) {
    std::erase_if(streams_, [&](http::Stream& stream) { return !stream.write(line); });
    history_.push_back(line);
    history_bytes_ += line.size();
    while (history_.size() > settings_.max_history ||
           history_bytes_ > settings_.max_history_bytes) {
        history_bytes_ -= history_.front().size();
        history_.pop_front();
    }
}

}  // namespace tributary::console
