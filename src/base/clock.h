#pragma once

#include <chrono>

namespace tributary {

/// Wall-clock time in UTC, whole milliseconds: the resolution of Kafka and of our documents.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Where time comes from. Injected, so that tests need no sleeps. Thread-safe.
class Clock {
public:
    Clock() = default;
    Clock(const Clock&) = delete;
    Clock& operator=(const Clock&) = delete;
    virtual ~Clock() = default;

    /// Wall-clock time; may jump.
    [[nodiscard]] virtual Timestamp now() const = 0;
    /// Monotonic time, for deadlines and durations.
    [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

/// The machine's own clocks. Made by `apps/` only; everything else takes a `Clock&`.
class SystemClock final : public Clock {
public:
    [[nodiscard]] Timestamp now() const override {
        return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    }
    [[nodiscard]] SteadyTime steady_now() const override {
        return std::chrono::steady_clock::now();
    }
};

}  // namespace tributary
