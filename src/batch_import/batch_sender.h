#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "batch_import/batch.h"

namespace tributary::batch_import {

/// Sends batches on a thread of its own, one after another, while the next one is read: events of
/// one entity keep their order. Holds at most `kMaxBatches`.
class BatchSender {
public:
    static constexpr std::size_t kMaxBatches = 2;

    /// `send` is called on this object's thread only, with what is left until `stop_at`; not again
    /// once a batch met an obstacle: what is behind it must not overtake it.
    BatchSender(const Send& send, const Clock& clock, SteadyTime stop_at);
    BatchSender(const BatchSender&) = delete;
    BatchSender& operator=(const BatchSender&) = delete;
    /// Forgets what was not begun, and waits for what was: at most until `stop_at`.
    ~BatchSender();

    [[nodiscard]] bool is_full() const { return held_ == kMaxBatches; }
    [[nodiscard]] bool is_empty() const { return held_ == 0; }
    /// Not when full.
    void submit(Batch batch);
    /// The oldest batch, with its outcomes; waits for it. Not when empty.
    Batch take();
    /// The same, but empty where it has not come back yet.
    std::optional<Batch> try_take();

private:
    void run(const std::stop_token& stop);
    Batch pop_finished();

    const Send& send_;
    const Clock& clock_;
    const SteadyTime stop_at_;
    std::size_t held_ = 0;  ///< Submitted and not taken; the owner's thread only.

    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Batch> waiting_;
    std::deque<Batch> finished_;
    std::jthread thread_;  ///< Last: it uses all of the above.
};

}  // namespace tributary::batch_import
