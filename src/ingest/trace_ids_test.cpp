#include "ingest/trace_ids.h"

#include <gtest/gtest.h>
#include <set>

namespace tributary::ingest {
namespace {

TEST(IsTraceparent, TakesWhatTheSpecificationAllowsOnly) {
    EXPECT_TRUE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    EXPECT_TRUE(is_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"));
    for (const char* wrong :
         {"", "00", "garbage", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",
          "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01"}) {
        EXPECT_FALSE(is_traceparent(wrong)) << wrong;
    }
}

TEST(TraceIds, MakesValidIdsThatDiffer) {
    TraceIds ids(50);
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = ids.next();
        ASSERT_TRUE(is_traceparent(id)) << id;
        seen.insert(id.substr(3, 32));
    }
    EXPECT_EQ(seen.size(), 10'000U);
}

TEST(TraceIds, SamplesTheShareItWasToldTo) {
    const auto sampled_of_1000 = [](int percent) {
        TraceIds ids(percent);
        int sampled = 0;
        for (int i = 0; i < 1'000; ++i) sampled += ids.next().ends_with("-01") ? 1 : 0;
        return sampled;
    };
    EXPECT_EQ(sampled_of_1000(0), 0);
    EXPECT_EQ(sampled_of_1000(100), 1'000);
    EXPECT_NEAR(sampled_of_1000(20), 200, 100);
}

}  // namespace
}  // namespace tributary::ingest
