#pragma once

#include <chrono>
#include <random>

namespace tributary::indexing {

/// Full jitter: a random wait between one millisecond and a bound that doubles with every failure,
/// so that those who failed together do not come back together. Not thread-safe.
class Backoff {
public:
    Backoff(std::chrono::milliseconds minimum, std::chrono::milliseconds maximum);

    /// How long to wait after the `failures`th failure in a row (from 1 on).
    std::chrono::milliseconds wait_after(int failures);

private:
    std::chrono::milliseconds minimum_;
    std::chrono::milliseconds maximum_;
    std::minstd_rand random_;
};

}  // namespace tributary::indexing
