#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "lambda_runtime/instance.h"

namespace tributary::lambda_runtime {

/// How everybody else talks to the scheduler's thread. Bounded by its users: one call a connection,
/// and the host admits only so much work. Thread-safe.
class Mailbox {
public:
    struct Letters {
        std::vector<Work> work;
        std::vector<RuntimeCall> calls;
        std::optional<std::chrono::milliseconds> stop;  ///< With the grace for what is running.
    };

    Mailbox();
    ~Mailbox();
    Mailbox(const Mailbox&) = delete;
    Mailbox& operator=(const Mailbox&) = delete;

    void post(Work work);
    void post(RuntimeCall call);
    void post_stop(std::chrono::milliseconds grace);
    /// Everything since the last time.
    Letters take();
    /// Readable while there may be letters.
    [[nodiscard]] int fd() const { return fd_; }

private:
    void wake() const;

    std::mutex mutex_;
    Letters letters_;
    int fd_;
};

}  // namespace tributary::lambda_runtime
