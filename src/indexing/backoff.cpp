#include "indexing/backoff.h"

#include <algorithm>
#include <cstdint>

namespace tributary::indexing {

Backoff::Backoff(std::chrono::milliseconds minimum, std::chrono::milliseconds maximum)
    : minimum_(minimum), maximum_(maximum), random_(std::random_device()()) {
}

std::chrono::milliseconds Backoff::wait_after(int failures) {
    constexpr int kMaxDoublings = 20;
    const int doublings = std::clamp(failures - 1, 0, kMaxDoublings);
    const std::int64_t bound =
        std::max<std::int64_t>(1, std::min(minimum_.count() << doublings, maximum_.count()));
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(1, bound)(random_));
}

}  // namespace tributary::indexing
