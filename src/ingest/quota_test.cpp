#include "ingest/quota.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;

TEST(Quota, LetsEverythingInWithoutLimits) {
    const ManualClock clock;
    Quota quota({}, clock);
    for (int i = 0; i < 1'000; ++i) EXPECT_FALSE(quota.charge(1'000'000, 1'000'000'000));
}

TEST(Quota, RefusesWhenASecondsWorthIsSpent) {
    const ManualClock clock;
    Quota quota({.events_per_second = 10}, clock);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(quota.charge(1, 100)) << i;
    EXPECT_TRUE(quota.charge(1, 100));
}

TEST(Quota, SaysTruthfullyHowLongToWait) {
    ManualClock clock;
    Quota quota({.events_per_second = 10}, clock);
    EXPECT_FALSE(quota.charge(30, 1));  // Larger than a second's worth: let in, two seconds' debt.
    const auto wait = quota.charge(1, 1).value_or(0ms);
    EXPECT_GT(wait, 2s);
    EXPECT_LT(wait, 2100ms);
    clock.advance(wait - 2ms);
    EXPECT_TRUE(quota.charge(1, 1));
    clock.advance(2ms);
    EXPECT_FALSE(quota.charge(1, 1));
}

TEST(Quota, LimitsBytesToo) {
    ManualClock clock;
    Quota quota({.bytes_per_second = 1000}, clock);
    EXPECT_FALSE(quota.charge(1, 1500));
    EXPECT_TRUE(quota.charge(1, 1));
    clock.advance(501ms);
    EXPECT_FALSE(quota.charge(1, 1));
}

TEST(Quota, SavesNoMoreThanASecondsWorth) {
    ManualClock clock;
    Quota quota({.events_per_second = 10}, clock);
    clock.advance(1h);
    for (int i = 0; i < 10; ++i) EXPECT_FALSE(quota.charge(1, 1));
    EXPECT_TRUE(quota.charge(1, 1));
}

}  // namespace
}  // namespace tributary::ingest
