#include "event_log/event_log.h"

#include <gtest/gtest.h>

namespace tributary::event_log {
namespace {

/// The values of Kafka's own UtilsTest, as signed 32-bit hashes.
TEST(PartitionForKey, AgreesWithKafkasMurmur2) {
    constexpr std::pair<const char*, std::int32_t> kVectors[] = {
        {"21", -973932308},
        {"foobar", -790332482},
        {"a-little-bit-long-string", -985981536},
        {"a-little-bit-longer-string", -1486304829},
        {"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971},
        {"abc", 479470107}};
    constexpr std::int32_t kLarge = 0x7fffffff;
    for (const auto& [key, hash] : kVectors) {
        EXPECT_EQ(partition_for_key(key, kLarge), (hash & 0x7fffffff) % kLarge) << key;
    }
}

TEST(PartitionForKey, StaysWithinThePartitions) {
    for (int i = 0; i < 1'000; ++i) {
        const auto partition = partition_for_key(std::to_string(i), 3);
        EXPECT_GE(partition, 0);
        EXPECT_LT(partition, 3);
    }
    EXPECT_EQ(partition_for_key("", 1), 0);
}

TEST(Record, TheLastHeaderOfANameCounts) {
    Record record;
    record.headers = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    EXPECT_EQ(record.header("a"), "3");
    EXPECT_EQ(record.header("c"), "");
}

TEST(DeadLetterTopic, IsNamedAfterItsTopic) {
    EXPECT_EQ(dead_letter_topic("orders"), "orders.dlq");
    EXPECT_EQ(dead_letter_actions_topic("orders"), "orders.dlq.actions");
}

}  // namespace
}  // namespace tributary::event_log
