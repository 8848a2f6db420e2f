#pragma once

#include <chrono>
#include <cstddef>

#include "base/clock.h"

namespace tributary::event_log::kafka {

/// Learns how fast a queue drains while there is something in it.
class DrainRate {
public:
    /// Something came into the empty queue.
    void begin(SteadyTime now) {
        since_ = now;
        bytes_ = 0;
    }
    /// So much left the queue.
    void note(std::size_t bytes, SteadyTime now) {
        bytes_ += bytes;
        const std::chrono::duration<double, std::milli> took = now - since_;
        if (took < kWindow) return;
        const auto measured = static_cast<double>(bytes_) / took.count();
        bytes_per_millisecond_ += kWeightOfNewest * (measured - bytes_per_millisecond_);
        begin(now);
    }
    /// Until so much has left; at least 1 ms.
    [[nodiscard]] std::chrono::milliseconds time_for(std::size_t bytes) const {
        constexpr double kLongest = 60'000;
        const auto wait = static_cast<double>(bytes) / bytes_per_millisecond_;
        return std::chrono::milliseconds(1 + static_cast<long>(wait < kLongest ? wait : kLongest));
    }

private:
    static constexpr std::chrono::milliseconds kWindow{100};
    static constexpr double kWeightOfNewest = 0.2;

    SteadyTime since_;
    std::size_t bytes_ = 0;
    double bytes_per_millisecond_ = 4'096;  ///< Until measured: a slow network.
};

}  // namespace tributary::event_log::kafka
