#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "ledger/counts.h"

namespace tributary::indexing {

/// How a record ended.
enum class Fate { open, indexed, duplicate, dead_lettered };

/// Which records of one partition are done, and how far without a hole: only that may be committed.
/// Always: `counts().end() == offset()`.
class PartitionProgress {
public:
    /// Goes on where `counts` ends.
    explicit PartitionProgress(const ledger::Counts& counts)
        : counts_(counts), next_(counts.end()) {}

    /// The record at `offset` was read. Offsets that were skipped count as missing. False, and
    /// nothing changes, where the offset lies before one that was read already.
    [[nodiscard]] bool take(std::int64_t offset);
    /// The record at `offset`, taken before, has ended.
    void finish(std::int64_t offset, Fate fate);

    /// The first offset that is not done.
    [[nodiscard]] std::int64_t offset() const { return counts_.end(); }
    [[nodiscard]] const ledger::Counts& counts() const { return counts_; }
    /// Taken records from the first open one on.
    [[nodiscard]] std::size_t uncommittable() const { return records_.size(); }

private:
    struct TakenRecord {
        std::int64_t offset;
        std::int64_t missing_before;
        Fate fate;
    };
    void advance();

    ledger::Counts counts_;
    std::int64_t next_;
    std::deque<TakenRecord> records_;
};

}  // namespace tributary::indexing
