#include "indexing/partition_progress.h"

#include <algorithm>
#include <utility>

namespace tributary::indexing {

bool PartitionProgress::take(std::int64_t offset) {
    if (offset < next_) return false;
    records_.push_back({offset, offset - next_, Fate::open});
    next_ = offset + 1;
    return true;
}

void PartitionProgress::finish(std::int64_t offset, Fate fate) {
    const auto found = std::ranges::lower_bound(records_, offset, {}, &TakenRecord::offset);
    if (found == records_.end() || found->offset != offset || found->fate != Fate::open) return;
    found->fate = fate;
    advance();
}

void PartitionProgress::advance() {
    while (!records_.empty() && records_.front().fate != Fate::open) {
        const TakenRecord& done = records_.front();
        counts_.missing += done.missing_before;
        counts_.indexed += done.fate == Fate::indexed ? 1 : 0;
        counts_.duplicates += done.fate == Fate::duplicate ? 1 : 0;
        counts_.dead_lettered += done.fate == Fate::dead_lettered ? 1 : 0;
        records_.pop_front();
    }
}

}  // namespace tributary::indexing
