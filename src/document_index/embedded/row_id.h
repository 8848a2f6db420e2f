#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "base/clock.h"

/// A document's row number begins with its `received_at` and ends with a sequence number. So the
/// order of rows, in tables and in the full-text index alike, is the order of time: the newest
/// page, time ranges and cursors are plain row ranges.
namespace tributary::document_index {

inline constexpr int kSequenceBits = 21;
/// The last millisecond that fits, in 2109. Later times, and those before 1970, count as the bound.
inline constexpr std::int64_t kLastMillisecond = (std::int64_t{1} << (63 - kSequenceBits)) - 1;
inline constexpr std::int64_t kEndOfRows = std::numeric_limits<std::int64_t>::max();

/// The first row of that millisecond.
constexpr std::int64_t first_row(Timestamp time) {
    const std::int64_t milliseconds = time.time_since_epoch().count();
    return std::clamp<std::int64_t>(milliseconds, 0, kLastMillisecond) << kSequenceBits;
}

/// The first row behind that millisecond.
constexpr std::int64_t end_of_rows(Timestamp time) {
    const auto last = first_row(time) | ((std::int64_t{1} << kSequenceBits) - 1);
    return last == kEndOfRows ? kEndOfRows : last + 1;
}

/// Where rows received before `time` end.
constexpr std::int64_t rows_before(Timestamp time) {
    return time.time_since_epoch().count() > kLastMillisecond ? kEndOfRows : first_row(time);
}

}  // namespace tributary::document_index
