#include "indexing/partition_progress.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>
#include <random>
#include <set>
#include <vector>

namespace tributary::indexing {
namespace {

void take(PartitionProgress& progress, std::int64_t first, std::int64_t end) {
    for (auto offset = first; offset < end; ++offset) EXPECT_TRUE(progress.take(offset));
}

TEST(PartitionProgress, GoesNoFurtherThanTheFirstOpenRecord) {
    PartitionProgress progress({.base = 10});
    take(progress, 10, 14);
    progress.finish(11, Fate::indexed);
    progress.finish(13, Fate::duplicate);
    EXPECT_EQ(progress.offset(), 10);
    progress.finish(10, Fate::dead_lettered);
    EXPECT_EQ(progress.offset(), 12);
    progress.finish(12, Fate::indexed);
    EXPECT_EQ(progress.offset(), 14);
    EXPECT_EQ(progress.counts(),
              (ledger::Counts{.base = 10, .indexed = 2, .duplicates = 1, .dead_lettered = 1}));
    EXPECT_EQ(progress.uncommittable(), 0U);
}

TEST(PartitionProgress, GoesOnWhereTheCountsEnd) {
    PartitionProgress progress({.base = 2, .indexed = 3});
    EXPECT_EQ(progress.offset(), 5);
    EXPECT_FALSE(progress.take(4));
    EXPECT_TRUE(progress.take(5));
}

TEST(PartitionProgress, CountsSkippedOffsetsAsMissing) {
    PartitionProgress progress({});
    take(progress, 4, 5);
    take(progress, 7, 8);
    EXPECT_EQ(progress.offset(), 0);
    progress.finish(4, Fate::indexed);
    EXPECT_EQ(progress.offset(), 5);
    progress.finish(7, Fate::indexed);
    EXPECT_EQ(progress.offset(), 8);
    EXPECT_EQ(progress.counts().missing, 6);
}

TEST(PartitionProgress, IgnoresWhatItNeverTookAndSecondEnds) {
    PartitionProgress progress({});
    take(progress, 0, 2);
    progress.finish(5, Fate::indexed);
    progress.finish(1, Fate::indexed);
    progress.finish(1, Fate::duplicate);
    progress.finish(0, Fate::indexed);
    progress.finish(0, Fate::indexed);
    EXPECT_EQ(progress.counts().end(), 2);
    EXPECT_EQ(progress.counts().indexed, 2);
}

TEST(PartitionProgress, InAnyOrderTheOffsetIsTheFirstHole) {
    std::minstd_rand random(7);
    for (int round = 0; round < 50; ++round) {
        PartitionProgress progress({});
        constexpr std::int64_t kRecords = 60;
        take(progress, 0, kRecords);
        std::vector<std::int64_t> order(kRecords);
        std::iota(order.begin(), order.end(), 0);
        std::ranges::shuffle(order, random);
        std::set<std::int64_t> open(order.begin(), order.end());
        for (const auto offset : order) {
            progress.finish(offset, offset % 3 == 0 ? Fate::duplicate : Fate::indexed);
            open.erase(offset);
            EXPECT_EQ(progress.offset(), open.empty() ? kRecords : *open.begin());
            EXPECT_EQ(progress.counts().end(), progress.offset());
        }
    }
}

}  // namespace
}  // namespace tributary::indexing
