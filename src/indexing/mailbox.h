#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "document_index/document_index.h"
#include "event_log/event_log.h"

namespace tributary::indexing {

struct BulkCompletion {
    std::uint64_t request = 0;
    document_index::Writer::Outcomes outcomes;
};
struct LetterCompletion {
    std::uint64_t request = 0;
    std::vector<event_log::AppendOutcome> outcomes;
};
using Completion = std::variant<BulkCompletion, LetterCompletion>;

/// Where answers wait for the loop, whatever thread they come from. Bounded by the requests that
/// the two senders keep in flight. Shared with the callbacks, because an answer may come when the
/// Consumer is gone. Thread-safe.
class Mailbox {
public:
    void post(Completion completion) {
        {
            const std::scoped_lock lock(mutex_);
            waiting_.push_back(std::move(completion));
        }
        arrived_.notify_one();
    }

    [[nodiscard]] std::vector<Completion> take() {
        const std::scoped_lock lock(mutex_);
        return std::exchange(waiting_, {});
    }

    /// Until something is there, at most `limit`.
    void wait(std::chrono::milliseconds limit) {
        std::unique_lock lock(mutex_);
        arrived_.wait_for(lock, limit, [this] { return !waiting_.empty(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::vector<Completion> waiting_;
};

}  // namespace tributary::indexing
