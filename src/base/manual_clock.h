#pragma once

#include <atomic>

#include "base/clock.h"

namespace tributary {

/// A clock that moves only when told to: the tests' clock. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(Timestamp start = Timestamp(std::chrono::milliseconds(1'780'000'000'000)))
        : milliseconds_(start.time_since_epoch().count()) {}

    void advance(std::chrono::milliseconds by) { milliseconds_ += by.count(); }

    [[nodiscard]] Timestamp now() const override {
        return Timestamp(std::chrono::milliseconds(milliseconds_.load()));
    }
    [[nodiscard]] SteadyTime steady_now() const override {
        return SteadyTime(std::chrono::milliseconds(milliseconds_.load()));
    }

private:
    std::atomic<std::int64_t> milliseconds_;
};

}  // namespace tributary
