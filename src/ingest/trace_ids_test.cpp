#include "ingest/trace_ids.h"

#include <gtest/gtest.h>
#include <set>

#include "event/attribute_rules.h"

namespace tributary::ingest {
namespace {

TEST(TraceIds, MakesValidIdsThatDiffer) {
    TraceIds ids(50);
    std::set<std::string> seen;
    for (int i = 0; i < 10'000; ++i) {
        const std::string id = ids.next();
        ASSERT_TRUE(event::is_traceparent(id)) << id;
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
