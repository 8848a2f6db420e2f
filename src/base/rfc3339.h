#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace tributary {

/// `2026-11-23T06:00:00.123Z`: always UTC, always three decimals.
std::string format_rfc3339(Timestamp time);

/// Reads any RFC 3339 date-time (offset or Z, any number of decimals; truncated to milliseconds).
/// Fails with `invalid_input` for everything else, impossible dates included.
Result<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace tributary
