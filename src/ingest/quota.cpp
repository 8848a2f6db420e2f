#include "ingest/quota.h"

#include <algorithm>

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

}  // namespace

Quota::Quota(QuotaLimits limits, const Clock& clock)
    : clock_(clock),
      last_(clock.steady_now()),
      events_(limits.events_per_second),
      bytes_(limits.bytes_per_second) {
}

std::optional<std::chrono::milliseconds> Quota::charge(std::size_t events, std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    const SteadyTime now = clock_.steady_now();
    const Seconds elapsed = now - last_;
    last_ = now;
    refill(events_, elapsed);
    refill(bytes_, elapsed);
    std::optional<Seconds> wait;
    for (const Bucket* bucket : {&events_, &bytes_}) {
        if (bucket->rate <= 0 || bucket->level > 0) continue;
        wait = std::max(wait.value_or(Seconds(0)), Seconds(-bucket->level / bucket->rate));
    }
    // Debt that is just paid off lets nobody in yet; a millisecond later there is something left.
    if (wait) return std::chrono::ceil<std::chrono::milliseconds>(*wait) + 1ms;
    events_.level -= static_cast<double>(events);
    bytes_.level -= static_cast<double>(bytes);
    return std::nullopt;
}

void Quota::refill(Bucket& bucket, Seconds elapsed) {
    bucket.level = std::min(bucket.rate, bucket.level + elapsed.count() * bucket.rate);
}

}  // namespace tributary::ingest
