#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tributary {

/// What four digits of a year can say.
inline constexpr Timestamp kFirstTimestamp{
    std::chrono::sys_days{std::chrono::year(0) / 1 / 1}.time_since_epoch()};
inline constexpr Timestamp kLastTimestamp{
    std::chrono::sys_days{std::chrono::year(10'000) / 1 / 1}.time_since_epoch() -
    std::chrono::milliseconds(1)};

/// `2026-11-23T06:00:00.123Z`: always UTC, always three decimals. A time outside of the years 0000
/// to 9999 becomes the nearest within.
std::string format_rfc3339(Timestamp time);

/// Reads any RFC 3339 date-time (offset or Z, any number of decimals; truncated to milliseconds).
/// Fails with `invalid_input` for everything else, impossible dates included.
Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace tributary
