#pragma once

#include "event_log/contract/fixture.h"

/// Contract suite, groups: partitions are shared, handed over, and fenced.
namespace tributary::event_log {

TEST_P(EventLogContract, TwoMembersShareThePartitions) {
    Member first(log(), {topic()});
    own_all(first);
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&first, &second},
                           [&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
    for (const auto& partition : first.owned) EXPECT_FALSE(second.owned.contains(partition));
    EXPECT_TRUE(first.lost.empty());

    for (std::int32_t number = 0; number < kPartitions; ++number) append_many(number, "v", 5);
    ASSERT_TRUE(poll_until({&first, &second},
                           [&] { return first.records.size() + second.records.size() >= 20; }));
    for (const auto& record : first.records) {
        EXPECT_TRUE(first.owned.contains({record.topic, record.partition}));
    }
    EXPECT_EQ(first.records.size(), 10U);
    EXPECT_EQ(second.records.size(), 10U);
}

TEST_P(EventLogContract, WhatIsCommittedWhileRevokedIsWhereTheNextOneBegins) {
    for (std::int32_t number = 0; number < kPartitions; ++number) append_many(number, "v", 5);
    Member first(log(), {topic()});
    ASSERT_TRUE(poll_until({&first}, [&] { return first.records.size() >= 20; }));
    first.while_revoked = [&](const std::vector<TopicPartition>& partitions) {
        for (const auto& revoked : partitions) {
            const auto committed = first.commit(revoked, 3, "in time");
            EXPECT_TRUE(committed) << committed.error().message;
        }
    };
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&first, &second}, [&] { return second.owned.size() == 2; }));
    for (const auto& [partition, committed] : second.assignments) {
        EXPECT_EQ(committed.offset, 3);
        EXPECT_EQ(committed.metadata, "in time");
    }
    ASSERT_TRUE(poll_until({&first, &second}, [&] { return second.records.size() >= 4; }));
    EXPECT_EQ(second.records.front().value, "v3");
}

TEST_P(EventLogContract, AMemberThatClosesHandsItsPartitionsOver) {
    Member first(log(), {topic()});
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&first, &second},
                           [&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
    first.reader->close();
    EXPECT_EQ(first.owned.size(), 0U);
    own_all(second);
}

TEST_P(EventLogContract, AMemberThatIsDestroyedLeavesWithoutCallingItsListener) {
    auto first = std::make_unique<Member>(log(), std::vector{topic()});
    own_all(*first);
    first->reader.reset();
    EXPECT_TRUE(first->revoked.empty());
    EXPECT_TRUE(first->lost.empty());
    Member second(log(), {topic()});
    own_all(second);
}

TEST_P(EventLogContract, NobodyCommitsWhatAnotherMemberHas) {
    for (std::int32_t number = 0; number < kPartitions; ++number) append_many(number, "v", 5);
    Member first(log(), {topic()});
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&first, &second},
                           [&] { return first.owned.size() == 2 && second.owned.size() == 2; }));
    const auto foreign = *first.owned.begin();
    const auto refused = second.commit(foreign, 5);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::conflict);
    EXPECT_FALSE(inspector().committed(log().group, foreign));
    EXPECT_TRUE(first.commit(foreign, 5));
}

TEST_P(EventLogContract, MoreMembersThanPartitionsLeaveSomeIdle) {
    std::vector<std::unique_ptr<Member>> members;
    std::vector<Member*> polled;
    for (int i = 0; i < kPartitions + 1; ++i) {
        members.push_back(std::make_unique<Member>(log(), std::vector{topic()}));
        polled.push_back(members.back().get());
    }
    ASSERT_TRUE(poll_until(polled, [&] {
        return std::ranges::count_if(members, [](const auto& member) {
                   return member->owned.size() == 1;
               }) == kPartitions;
    }));
}

}  // namespace tributary::event_log
