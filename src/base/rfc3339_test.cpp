#include "base/rfc3339.h"

#include <gtest/gtest.h>

namespace tributary {
namespace {

TEST(Rfc3339, FormatsUtcWithThreeDecimals) {
    EXPECT_EQ(format_rfc3339(Timestamp(std::chrono::milliseconds(1'780'000'000'007))),
              "2026-05-28T20:26:40.007Z");
    EXPECT_EQ(format_rfc3339(Timestamp(std::chrono::milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(Rfc3339, KeepsFourDigitsForTheYear) {
    EXPECT_EQ(format_rfc3339(kFirstTimestamp), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(kLastTimestamp), "9999-12-31T23:59:59.999Z");
    const auto hour = std::chrono::hours(1);
    EXPECT_EQ(format_rfc3339(kFirstTimestamp - hour), "0000-01-01T00:00:00.000Z");
    EXPECT_EQ(format_rfc3339(kLastTimestamp + hour), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_rfc3339(Timestamp::max()), "9999-12-31T23:59:59.999Z");
    EXPECT_EQ(format_rfc3339(Timestamp::min()), "0000-01-01T00:00:00.000Z");
}

TEST(Rfc3339, ReadsWhatItWrote) {
    for (const std::int64_t value : {0L, 1L, 1'780'000'000'007L, -62'135'596'800'000L}) {
        const Timestamp time{std::chrono::milliseconds(value)};
        ASSERT_TRUE(parse_rfc3339(format_rfc3339(time)).has_value());
        EXPECT_EQ(parse_rfc3339(format_rfc3339(time)).value(), time);
    }
}

TEST(Rfc3339, ReadsOffsetsDecimalsAndLeapSeconds) {
    EXPECT_EQ(format_rfc3339(parse_rfc3339("2026-11-23T06:00:00+02:00").value()),
              "2026-11-23T04:00:00.000Z");
    EXPECT_EQ(format_rfc3339(parse_rfc3339("2026-11-23t06:00:00.123456789z").value()),
              "2026-11-23T06:00:00.123Z");
    EXPECT_EQ(format_rfc3339(parse_rfc3339("2016-12-31T23:59:60Z").value()),
              "2017-01-01T00:00:00.000Z");
}

TEST(Rfc3339, RefusesWhatIsNoDateTime) {
    for (const char* text :
         {"", "2026", "2026-11-23", "2026-11-23T06:00:00", "2026-02-30T06:00:00Z",
          "2026-13-01T06:00:00Z", "2026-11-23T24:00:00Z", "2026-11-23T06:60:00Z",
          "2026-11-23T06:00:61Z", "2026-11-23T06:00:00.Z", "2026-11-23T06:00:00+2:00",
          "2026-11-23T06:00:00Zx", "2026-11-23T06:00:00+24:00", "x026-11-23T06:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text).has_value()) << text;
    }
}

}  // namespace
}  // namespace tributary
