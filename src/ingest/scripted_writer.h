#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

#include "event_log/event_log.h"

namespace tributary::ingest {

/// A log whose outcomes the tests decide. Takes everything at once unless told otherwise.
class ScriptedWriter final : public event_log::Writer {
public:
    using Rule = std::function<event_log::AppendOutcome(const event_log::NewRecord&)>;

    /// What becomes of each record from now on.
    void decide(Rule rule) {
        const std::scoped_lock lock(mutex_);
        rule_ = std::move(rule);
    }
    void fail_all(ErrorCode code, std::string message) {
        decide([=](const event_log::NewRecord&) { return fail(code, message); });
    }
    /// Keeps outcomes back until `release`.
    void hold() {
        const std::scoped_lock lock(mutex_);
        is_holding_ = true;
    }
    void release() {
        std::vector<Held> held;
        {
            const std::scoped_lock lock(mutex_);
            is_holding_ = false;
            held.swap(held_);
        }
        for (Held& one : held) one.done(std::move(one.outcomes));
    }
    void set_ready(Result<void> ready) {
        const std::scoped_lock lock(mutex_);
        ready_ = std::move(ready);
    }
    void set_expected_wait(std::chrono::milliseconds wait) {
        const std::scoped_lock lock(mutex_);
        expected_wait_ = wait;
    }
    std::vector<event_log::NewRecord> records() const {
        const std::scoped_lock lock(mutex_);
        return records_;
    }
    std::size_t held() const {
        const std::scoped_lock lock(mutex_);
        return held_.size();
    }

    void append(std::vector<event_log::NewRecord> records, Done done) override {
        std::vector<event_log::AppendOutcome> outcomes;
        {
            const std::scoped_lock lock(mutex_);
            for (const event_log::NewRecord& record : records) {
                outcomes.push_back(rule_ ? rule_(record) : take(record));
            }
            if (is_holding_) {
                held_.emplace_back(std::move(outcomes), std::move(done));
                return;
            }
        }
        done(std::move(outcomes));
    }
    [[nodiscard]] Result<void> ready() const override {
        const std::scoped_lock lock(mutex_);
        return ready_;
    }
    [[nodiscard]] std::size_t queued_bytes() const override { return 4711; }
    [[nodiscard]] std::chrono::milliseconds expected_wait() const override {
        const std::scoped_lock lock(mutex_);
        return expected_wait_;
    }
    void drain(std::chrono::milliseconds /*limit*/) override { release(); }

private:
    struct Held {
        Held(std::vector<event_log::AppendOutcome> outcomes_in, Done done_in)
            : outcomes(std::move(outcomes_in)), done(std::move(done_in)) {}
        std::vector<event_log::AppendOutcome> outcomes;
        Done done;
    };

    event_log::LogPosition take(const event_log::NewRecord& record) {
        records_.push_back(record);
        return {.partition = 7, .offset = next_offset_++, .timestamp = {}};
    }

    mutable std::mutex mutex_;
    Rule rule_;
    bool is_holding_ = false;
    std::vector<Held> held_;
    std::vector<event_log::NewRecord> records_;
    std::int64_t next_offset_ = 100;
    Result<void> ready_;
    std::chrono::milliseconds expected_wait_{1};
};

}  // namespace tributary::ingest
