#pragma once

#include <atomic>
#include <cstdint>
#include <string>

namespace tributary::ingest {

/// Begins traces for requests that bring none. Cheap and thread-safe: no lock, no system call.
class TraceIds {
public:
    /// So many of a hundred are marked as sampled. Seeded from the operating system.
    explicit TraceIds(int sample_percent);

    /// `00-<trace id>-<span id>-01`, or `-00` where it is not sampled.
    std::string next();

private:
    std::uint64_t random();

    const std::uint64_t sampled_below_;
    std::atomic<std::uint64_t> state_;
};

}  // namespace tributary::ingest
