#pragma once

#include "event_log/contract/fixture.h"

/// Contract suite, inspecting: what is there, without taking part.
namespace tributary::event_log {

TEST_P(EventLogContract, InspectorKnowsThePartitionsOfATopic) {
    const auto partitions = inspector().partitions(topic());
    ASSERT_TRUE(partitions) << partitions.error().message;
    ASSERT_EQ(partitions->size(), static_cast<std::size_t>(kPartitions));
    for (std::int32_t number = 0; number < kPartitions; ++number) {
        EXPECT_TRUE(std::ranges::count(*partitions, partition(number)));
    }
    const auto unknown = inspector().partitions(topic() + "-unknown");
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, ErrorCode::not_found);
    EXPECT_NE(unknown.error().message.find(topic() + "-unknown"), std::string::npos);
}

TEST_P(EventLogContract, InspectorKnowsTheRange) {
    const auto empty = inspector().range(partition(0));
    ASSERT_TRUE(empty) << empty.error().message;
    EXPECT_EQ(empty->first, 0);
    EXPECT_EQ(empty->end, 0);
    append_many(0, "v", 3);
    EXPECT_EQ(inspector().range(partition(0))->first, 0);
    EXPECT_EQ(inspector().range(partition(0))->end, 3);
    EXPECT_FALSE(inspector().range({topic(), kPartitions}));
}

TEST_P(EventLogContract, InspectorReadsFromAnyOffset) {
    append_many(3, "v", 10);
    const auto middle = inspector().read(partition(3), 4, 3);
    ASSERT_TRUE(middle) << middle.error().message;
    ASSERT_EQ(middle->size(), 3U);
    EXPECT_EQ(middle->front().offset, 4);
    EXPECT_EQ(middle->back().value, "v6");
    EXPECT_TRUE(inspector().read(partition(3), 10, 3)->empty());
    EXPECT_TRUE(inspector().read(partition(2), 0, 3)->empty());
    EXPECT_FALSE(inspector().read({topic() + "-unknown", 0}, 0, 3));
}

TEST_P(EventLogContract, InspectorKnowsWhatAGroupCommitted) {
    append_many(0, "v", 3);
    const auto never = inspector().committed(log().group, partition(0));
    ASSERT_FALSE(never);
    EXPECT_EQ(never.error().code, ErrorCode::not_found);

    Member member(log(), {topic()});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 3; }));
    ASSERT_TRUE(member.commit(partition(0), 2, "note"));
    const auto committed = inspector().committed(log().group, partition(0));
    ASSERT_TRUE(committed) << committed.error().message;
    EXPECT_EQ(committed->offset, 2);
    EXPECT_EQ(committed->metadata, "note");
}

TEST_P(EventLogContract, InspectorSaysWhatHoldsTheLog) {
    const auto engine = inspector().engine();
    ASSERT_TRUE(engine) << engine.error().message;
    EXPECT_FALSE(engine->empty());
}

}  // namespace tributary::event_log
