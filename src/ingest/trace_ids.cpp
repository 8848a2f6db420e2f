#include "ingest/trace_ids.h"

#include <algorithm>
#include <fmt/format.h>
#include <random>

namespace tributary::ingest {
namespace {

std::uint64_t seed() {
    std::random_device source;
    return (std::uint64_t{source()} << 32U) | source();
}

constexpr std::uint64_t kPercents = 100;

}  // namespace

TraceIds::TraceIds(int sample_percent)
    : sampled_below_(static_cast<std::uint64_t>(std::clamp(sample_percent, 0, 100))),
      state_(seed()) {
}

std::string TraceIds::next() {
    const std::uint64_t high = random();
    const std::uint64_t low = random() | 1U;  // An id of zeros is not allowed.
    const std::uint64_t span = random() | 1U;
    const bool is_sampled = high % kPercents < sampled_below_;
    return fmt::format("00-{:016x}{:016x}-{:016x}-{}", high, low, span, is_sampled ? "01" : "00");
}

/// SplitMix64: every state is visited once, so ids of one process never repeat.
std::uint64_t TraceIds::random() {
    std::uint64_t z = state_.fetch_add(0x9E37'79B9'7F4A'7C15, std::memory_order_relaxed);
    z = (z ^ (z >> 30U)) * 0xBF58'476D'1CE4'E5B9;
    z = (z ^ (z >> 27U)) * 0x94D0'49BB'1331'11EB;
    return z ^ (z >> 31U);
}

}  // namespace tributary::ingest
