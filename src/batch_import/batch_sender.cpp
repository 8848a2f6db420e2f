#include "batch_import/batch_sender.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace tributary::batch_import {

namespace {

/// Refusals that are the item's own; all others are the environment's fault.
bool is_items_fault(const receipt::Problem& problem) {
    return problem.status == 400 || problem.status == 413 || problem.status == 415 ||
           problem.status == 422;
}

}  // namespace

const receipt::Problem* obstacle_of(const Batch& batch) {
    const auto found = std::ranges::find_if(batch.sent.outcomes, [](const auto& outcome) {
        return !outcome && !is_items_fault(outcome.error());
    });
    return found == batch.sent.outcomes.end() ? nullptr : &found->error();
}

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
    bool is_stopped = false;
    while (!is_stopped && changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) &&
           !stop.stop_requested()) {
        Batch batch = std::move(waiting_.front());
        waiting_.pop_front();
        lock.unlock();
        const auto left =
            std::chrono::floor<std::chrono::milliseconds>(stop_at_ - clock_.steady_now());
        if (!batch.events.empty()) batch.sent = send_(batch.events, left);
        is_stopped = obstacle_of(batch) != nullptr;
        lock.lock();
        finished_.push_back(std::move(batch));
        changed_.notify_all();
    }
}

}  // namespace tributary::batch_import
