#pragma once

#include <atomic>
#include <cstddef>

namespace tributary::http {

/// How many bytes all connections of a server may buffer together. Thread-safe.
class BufferBudget {
public:
    explicit BufferBudget(std::size_t limit) : limit_(limit) {}

    [[nodiscard]] bool try_take(std::size_t bytes) {
        if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit_) return true;
        give_back(bytes);
        return false;
    }
    /// For what exists already and cannot be refused any more: an answer.
    void take(std::size_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
    void give_back(std::size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

private:
    const std::size_t limit_;
    std::atomic<std::size_t> used_ = 0;
};

/// What one request has taken of the budget; given back when it is done.
class BudgetShare {
public:
    explicit BudgetShare(BufferBudget& budget) : budget_(budget) {}
    BudgetShare(const BudgetShare&) = delete;
    BudgetShare& operator=(const BudgetShare&) = delete;
    ~BudgetShare() { release(); }

    /// Makes the share at least `bytes`; false, and nothing taken, where the budget is spent.
    [[nodiscard]] bool try_grow_to(std::size_t bytes) {
        if (bytes <= taken_) return true;
        if (!budget_.try_take(bytes - taken_)) return false;
        taken_ = bytes;
        return true;
    }
    void add(std::size_t bytes) {
        budget_.take(bytes);
        taken_ += bytes;
    }
    void release() {
        if (taken_ == 0) return;
        budget_.give_back(taken_);
        taken_ = 0;
    }

private:
    BufferBudget& budget_;
    std::size_t taken_ = 0;
};

}  // namespace tributary::http
