#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tributary::console {

/// A few threads for calls that block, so that no HTTP loop does. Bounded.
class Workers {
public:
    using Task = std::move_only_function<void()>;

    Workers(int threads, std::size_t max_waiting);
    /// Runs what is waiting, then joins.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    /// False where too much is waiting: `task` was not taken.
    [[nodiscard]] bool submit(Task& task);

private:
    void run();

    const std::size_t max_waiting_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Task> tasks_;
    bool is_stopping_ = false;
    std::vector<std::jthread> threads_;
};

}  // namespace tributary::console
