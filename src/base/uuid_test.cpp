#include "base/uuid.h"

#include <gtest/gtest.h>
#include <set>

#include "base/manual_clock.h"

namespace tributary {
namespace {

TEST(UuidV5, StaysTheSameForEver) {
    // Stored documents hang on these; a change here loses de-duplication.
    EXPECT_EQ(uuid_v5("order"), uuid_v5("order"));
    EXPECT_NE(uuid_v5("order"), uuid_v5("orders"));
    EXPECT_EQ(uuid_v5("order").at(14), '5');
    EXPECT_EQ(uuid_v5("order"), "6c87cb9f-b927-5539-82b0-3038d493d373");
}

TEST(UuidV7, CarriesVersionAndVariant) {
    const ManualClock clock;
    UuidV7 ids(clock);
    const std::string id = ids.next();
    ASSERT_EQ(id.size(), 36U);
    EXPECT_EQ(id.at(14), '7');
    EXPECT_NE(std::string("89ab").find(id.at(19)), std::string::npos);
}

TEST(UuidV7, SortsByTimeAlsoWithinAMillisecondAndWhenTheClockGoesBack) {
    ManualClock clock;
    UuidV7 ids(clock);
    std::string last = ids.next();
    for (int i = 0; i < 20'000; ++i) {
        if (i == 5'000) clock.advance(std::chrono::milliseconds(5));
        if (i == 9'000) clock.advance(std::chrono::milliseconds(-100));
        std::string next = ids.next();
        ASSERT_LT(last, next);
        last = std::move(next);
    }
}

TEST(UuidV7, TwoGeneratorsDoNotCollide) {
    const ManualClock clock;
    UuidV7 left(clock);
    UuidV7 right(clock);
    std::set<std::string> seen;
    for (int i = 0; i < 1'000; ++i) {
        EXPECT_TRUE(seen.insert(left.next()).second);
        EXPECT_TRUE(seen.insert(right.next()).second);
    }
}

}  // namespace
}  // namespace tributary
