#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tributary::ledger {

/// What became of the records of one partition below its committed offset. Travels with that
/// offset as the commit's metadata, so restarts and rebalances keep it. What belongs to the offset
/// `end()` is exactly this: `base + indexed + duplicates + dead_lettered + missing`.
struct Counts {
    std::int64_t base = 0;           ///< The offset at which counting began.
    std::int64_t indexed = 0;        ///< Documents; a redelivered record counts once.
    std::int64_t duplicates = 0;     ///< Same id and same content as an earlier record.
    std::int64_t dead_lettered = 0;  ///< Once per origin.
    std::int64_t missing = 0;        ///< Offsets that the log skipped: gone before they were read.

    [[nodiscard]] std::int64_t end() const {
        return base + indexed + duplicates + dead_lettered + missing;
    }
    bool operator==(const Counts&) const = default;
};

/// `{"v":1,"base":0,"indexed":3,"duplicates":1,"dead_lettered":0,"missing":0}`
std::string encode(const Counts& counts);

/// Reads what `encode` wrote. `not_found` for empty metadata (a commit that is not ours),
/// `invalid_input` when a newer version of Tributary wrote it, `corrupt_data` for all else.
Result<Counts> decode_counts(std::string_view metadata);

}  // namespace tributary::ledger
