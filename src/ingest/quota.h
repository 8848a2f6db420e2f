#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

#include "base/clock.h"

namespace tributary::ingest {

/// What one caller may send; 0: no limit.
struct QuotaLimits {
    double events_per_second = 0;
    double bytes_per_second = 0;
};

/// A token bucket for events and one for bytes, each holding one second's worth. A request is let
/// in whenever neither is in debt, whatever it costs, and may put them into debt: so a batch larger
/// than a second's worth is possible, and pays for itself by the wait of the next one. Thread-safe.
class Quota {
public:
    /// `clock` must outlive the quota.
    Quota(QuotaLimits limits, const Clock& clock);

    /// Empty: go on, it is paid for. Else nothing was charged; how long until a request is let in.
    std::optional<std::chrono::milliseconds> charge(std::size_t events, std::size_t bytes);

private:
    struct Bucket {
        explicit Bucket(double rate_in) : rate(rate_in), level(rate_in) {}
        double rate;
        double level;
    };
    static void refill(Bucket& bucket, std::chrono::duration<double> elapsed);

    const Clock& clock_;
    std::mutex mutex_;
    SteadyTime last_;
    Bucket events_;
    Bucket bytes_;
};

}  // namespace tributary::ingest
