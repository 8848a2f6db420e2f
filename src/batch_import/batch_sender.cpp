#include "batch_import/batch_sender.h"

#include <chrono>
#include <utility>

namespace tributary::batch_import {

BatchSender::BatchSender(const Send& send, const Clock& clock, SteadyTime stop_at)
    : send_(send),
      clock_(clock),
      stop_at_(stop_at),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

BatchSender::~BatchSender() {
    thread_.request_stop();
}

void BatchSender::submit(Batch batch) {
    {
        const std::scoped_lock lock(mutex_);
        waiting_.push_back(std::move(batch));
    }
    ++held_;
    changed_.notify_all();
}

Batch BatchSender::take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !finished_.empty(); });
    return pop_finished();
}

std::optional<Batch> BatchSender::try_take() {
    const std::scoped_lock lock(mutex_);
    if (finished_.empty()) return std::nullopt;
    return pop_finished();
}

Batch BatchSender::pop_finished() {
    Batch batch = std::move(finished_.front());
    finished_.pop_front();
    --held_;
    return batch;
}

void BatchSender::run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) &&
           !stop.stop_requested()) {
        Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const auto left =
            std::chrono::floor<std::chrono::milliseconds>(stop_at_ - clock_.steady_now());
        if (!batch.events.empty()) batch.sent = send_(batch.events, left);
        lock.lock();
        finished_.push_back(std::move(batch));
        changed_.notify_all();
    }
}

}  // namespace tributary::batch_import
