#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace tributary {

/// UUIDv5 (RFC 9562) of `name` under Tributary's own namespace, in the usual 36 characters.
/// Deterministic for ever: stored documents depend on it.
std::string uuid_v5(std::string_view name);

/// Makes UUIDv7 (RFC 9562): sortable by time, unique within and across processes. Thread-safe.
class UuidV7 {
public:
    /// `clock` must outlive this object. Seeded from the operating system's random source.
    explicit UuidV7(const Clock& clock);
    std::string next();

private:
    const Clock& clock_;
    std::mutex mutex_;
    std::mt19937_64 random_;
    std::int64_t last_milliseconds_ = 0;
    std::uint32_t counter_ = 0;
};

}  // namespace tributary
