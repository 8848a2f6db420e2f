#include "gateway/async_invoker.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "gateway/bucket_key.h"
#include "gateway/failure_record.h"

namespace tributary::gateway {

using lambda_runtime::FailureKind;
using lambda_runtime::InvocationFailure;
using lambda_runtime::InvocationResult;

AsyncInvoker::AsyncInvoker(AsyncSettings settings, object_store::ObjectStore& store,
                           const Clock& clock, telemetry::Log& log,
                           std::function<void()> wants_more)
    : settings_(std::move(settings)),
      store_(store),
      state_(store_, settings_.bucket),
      clock_(clock),
      log_(log),
      wants_more_(std::move(wants_more)) {
}

AsyncInvoker::~AsyncInvoker() {
    stop();
    Lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
}

void AsyncInvoker::start(lambda_runtime::Invoker& function) {
    function_ = &function;
    thread_ = std::jthread([this] { run(); });
}

void AsyncInvoker::stop() {
    {
        const Lock lock(mutex_);
        is_stopping_ = true;
        changed_.notify_all();
    }
    const std::scoped_lock lock(joining_);
    if (thread_.joinable()) thread_.join();
}

AsyncInvoker::Counts AsyncInvoker::counts() const {
    const Lock lock(mutex_);
    Counts counts;
    counts.running = running_;
    counts.waiting = tasks_.size() - std::min(tasks_.size(), running_);
    counts.succeeded = succeeded_;
    counts.failed = failed_;
    return counts;
}

void AsyncInvoker::offer(const std::string& key) {
    const auto info = store_.head({settings_.bucket, key});
    if (!info) {
        if (info.error().code != ErrorCode::not_found) {
            log_.warn("An object in the bucket cannot be looked at.", info.error());
        }
        return;
    }
    const ObjectVersion object(key, info->version, info->size);
    if (state_.is_done(object)) return;
    const Lock lock(mutex_);
    if (tasks_.contains(object)) return;
    if (tasks_.size() >= settings_.max_objects) {
        turned_away_ = true;
        return;
    }
    tasks_.emplace(object, Task(clock_.steady_now()));
    changed_.notify_all();
}

Result<void> AsyncInvoker::continue_with(std::string event) {
    const auto object = object_of_event(event);
    if (!object) return std::unexpected(object.error());
    const Lock lock(mutex_);
    if (is_stopping_) {
        return fail(ErrorCode::shutting_down, "No invocations are taken, this is shutting down.");
    }
    auto task = tasks_.find(*object);
    if (task != tasks_.end() && task->second.is_running) {
        task->second.continuation = std::move(event);
        return {};
    }
    if (task == tasks_.end()) {
        if (tasks_.size() >= settings_.max_objects) {
            return fail(ErrorCode::retry_later,
                        fmt::format("{} objects are waiting already; retry.", tasks_.size()));
        }
        task = tasks_.emplace(*object, Task(clock_.steady_now())).first;
    }
    task->second.event = std::move(event);
    changed_.notify_all();
    return {};
}

void AsyncInvoker::run() {
    Lock lock(mutex_);
    while (!is_stopping_) {
        for (const Finished& finished : std::exchange(finished_, {})) conclude(lock, finished);
        while (running_ < settings_.max_running && !is_stopping_) {
            const auto next = next_due();
            if (next == tasks_.end() || next->second.due > clock_.steady_now()) break;
            begin(lock, next);
        }
        if (turned_away_ && tasks_.size() <= settings_.max_objects / 2) {
            turned_away_ = false;
            lock.unlock();
            wants_more_();
            lock.lock();
        }
        wait(lock);
    }
}

void AsyncInvoker::wait(Lock& lock) {
    if (is_stopping_ || !finished_.empty()) return;
    const auto next = running_ < settings_.max_running ? next_due() : tasks_.end();
    if (next == tasks_.end()) return changed_.wait(lock);
    changed_.wait_for(lock, next->second.due - clock_.steady_now());
}

/// The first come of those that do not run.
AsyncInvoker::Tasks::iterator AsyncInvoker::next_due() {
    auto next = tasks_.end();
    for (auto task = tasks_.begin(); task != tasks_.end(); ++task) {
        if (task->second.is_running) continue;
        if (next == tasks_.end() || task->second.due < next->second.due) next = task;
    }
    return next;
}

void AsyncInvoker::begin(Lock& lock, Tasks::iterator next) {
    const ObjectVersion object = next->first;
    next->second.is_running = true;
    ++running_;
    std::string event = next->second.event;
    if (event.empty()) {
        lock.unlock();
        // It may have waited for long: done by somebody else, replaced or removed meanwhile.
        const bool is_due = state_.is_current(object) && !state_.is_done(object);
        lock.lock();
        if (!is_due) {
            --running_;
            tasks_.erase(object);
            return;
        }
        const Timestamp now = clock_.now();
        // Grows also within a millisecond.
        const auto ticks = static_cast<std::uint64_t>(now.time_since_epoch().count()) << 16U;
        sequencer_ = std::max(sequencer_ + 1, ticks);
        event = s3_event(settings_.bucket, settings_.region, object, now, sequencer_);
        tasks_.at(object).event = event;
    }
    lock.unlock();
    function_->invoke(std::move(event), {}, [this, object](InvocationResult result) {
        on_result(object, std::move(result));
    });
    lock.lock();
}

void AsyncInvoker::on_result(const ObjectVersion& object, InvocationResult result) {
    const Lock lock(mutex_);
    --running_;
    finished_.push_back(Finished{object, std::move(result)});
    changed_.notify_all();  // Under the lock: the destructor waits for this.
}

void AsyncInvoker::conclude(Lock& lock, const Finished& finished) {
    Task& task = tasks_.at(finished.object);
    const InvocationFailure* failure = finished.result ? nullptr : &finished.result.error();
    if (failure != nullptr && failure->kind == FailureKind::shutting_down) {
        tasks_.erase(finished.object);
        return;
    }
    if (failure != nullptr && failure->kind == FailureKind::throttled) {
        return postpone(task, settings_.retry_delay);
    }
    if (failure != nullptr) {
        note_failed_try(lock, finished.object, task, *failure);
    } else {
        ++succeeded_;
    }
    if (task.continuation) {
        // It got far enough to say how to go on, so this is a new beginning.
        task.event = std::move(*task.continuation);
        task.continuation.reset();
        task.tries = 0;
        return postpone(task, std::chrono::milliseconds(0));
    }
    if (failure == nullptr) {
        tasks_.erase(finished.object);
        return;
    }
    if (task.tries >= settings_.max_tries) return give_up(lock, finished.object, task, *failure);
    postpone(task, settings_.retry_delay * (1 << std::clamp(task.tries - 1, 0, 10)));
}

void AsyncInvoker::note_failed_try(Lock& lock, const ObjectVersion& object, Task& task,
                                   const InvocationFailure& failure) {
    // The task stays where it is meanwhile: only this thread removes any.
    lock.unlock();
    log_.warn("An asynchronous invocation failed.", {{"faas.name", settings_.function_name},
                                                     {"file.path", object.key},
                                                     {"error.type", failure.type},
                                                     {"error.message", failure.message}});
    const std::size_t progress = state_.progress(object);
    lock.lock();
    task.tries = progress == task.progress ? task.tries + 1 : 0;
    task.progress = progress;
}

void AsyncInvoker::postpone(Task& task, std::chrono::milliseconds delay) {
    task.is_running = false;
    task.due = clock_.steady_now() + delay;
}

void AsyncInvoker::give_up(Lock& lock, const ObjectVersion& object, const Task& task,
                           const InvocationFailure& failure) {
    const std::string arn = fmt::format("arn:aws:lambda:{}:000000000000:function:{}",
                                        settings_.region, settings_.function_name);
    const std::string record = failure_record(arn, task.event, task.tries, failure, clock_.now());
    const std::string key = result_key("failed", object.key, object.version);
    lock.unlock();
    const auto stored = store_.put({settings_.bucket, key}, record);
    if (stored) {
        log_.error("An object was given up; put it into the bucket again once the cause is gone.",
                   {{"file.path", object.key}, {"tributary.failure.path", key}});
    } else {
        log_.error(
            "That an object was given up cannot be stored; it is tried again at the next "
            "start.",
            stored.error());
    }
    lock.lock();
    ++failed_;
    tasks_.erase(object);
}

}  // namespace tributary::gateway
