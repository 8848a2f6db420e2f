#pragma once

#include "event_log/contract/fixture.h"

/// Contract suite, reading: everything, in order, unchanged; from where the group stopped.
namespace tributary::event_log {

TEST_P(EventLogContract, ANewGroupReadsFromTheBeginning) {
    append_many(1, "v", 10);
    Member member(log(), {topic()});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 10; }));
    EXPECT_EQ(member.values(), numbered("v", 10));
    for (std::size_t i = 0; i < 10; ++i) {
        EXPECT_EQ(member.records[i].topic, topic());
        EXPECT_EQ(member.records[i].partition, 1);
        EXPECT_EQ(member.records[i].offset, static_cast<std::int64_t>(i));
    }
    own_all(member);
    EXPECT_EQ(member.assignments.at(partition(1)).offset, 0);
    EXPECT_EQ(member.assignments.at(partition(1)).metadata, "");
}

TEST_P(EventLogContract, RecordsComeWhileTheReaderIsThere) {
    Member member(log(), {topic()});
    own_all(member);
    for (int i = 0; i < 5; ++i) {
        append_one(key_in(i % kPartitions), std::to_string(i));
        const auto expected = static_cast<std::size_t>(i + 1);
        ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() == expected; }));
        EXPECT_EQ(member.records.back().value, std::to_string(i));
    }
}

TEST_P(EventLogContract, OrderIsKeptPerPartitionOverManyPolls) {
    for (std::int32_t number = 0; number < kPartitions; ++number) append_many(number, "v", 300);
    Member member(log(), {topic()});
    std::map<std::int32_t, std::int64_t> next;
    std::size_t seen = 0;
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (seen < 1'200 && std::chrono::steady_clock::now() < deadline) {
        const auto records = member.reader->poll(kPoll, 7);
        if (!records) continue;
        EXPECT_LE(records->size(), 7U);
        for (const auto& record : *records) {
            EXPECT_EQ(record.offset, next[record.partition]++);
            ++seen;
        }
    }
    EXPECT_EQ(seen, 1'200U);
}

TEST_P(EventLogContract, KeepsBytesAndHeadersAsTheyAre) {
    const std::string binary("a\0\r\n\xff\xfe", 6);
    std::vector<NewRecord> records;
    records.emplace_back(
        topic(), binary, binary,
        std::vector<RecordHeader>{
            {"name", binary}, {"empty", ""}, {"name", "again"}, {"long", std::string(300, 'h')}});
    records.emplace_back(topic(), "", "no key", std::vector<RecordHeader>());
    records.emplace_back(topic(), "no value", "", std::vector<RecordHeader>());
    records.emplace_back(topic(), "large", std::string(log().max_record_bytes - 1'000, 'L'),
                         std::vector<RecordHeader>());
    const auto positions = append(records);
    ASSERT_EQ(positions.size(), records.size());

    Member member(log(), {topic()});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= records.size(); }));
    for (std::size_t i = 0; i < records.size(); ++i) {
        const auto found = std::ranges::find_if(member.records, [&](const Record& record) {
            return record.partition == positions[i].partition &&
                   record.offset == positions[i].offset;
        });
        ASSERT_NE(found, member.records.end());
        EXPECT_EQ(found->key, records[i].key);
        EXPECT_EQ(found->value, records[i].value);
        EXPECT_EQ(found->headers, records[i].headers);
        EXPECT_EQ(found->timestamp, positions[i].timestamp);
    }
}

TEST_P(EventLogContract, AGroupGoesOnBehindWhatItCommitted) {
    append_many(2, "v", 10);
    const std::string metadata = R"(v1 indexed=4 dead="\u00e4")";
    {
        Member first(log(), {topic()});
        ASSERT_TRUE(poll_until({&first}, [&] { return first.records.size() >= 10; }));
        const auto committed = first.commit(partition(2), 4, metadata);
        ASSERT_TRUE(committed) << committed.error().message;
        first.reader->close();
        EXPECT_TRUE(first.owned.empty());
    }
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&second}, [&] { return second.records.size() >= 6; }));
    EXPECT_EQ(second.assignments.at(partition(2)).offset, 4);
    EXPECT_EQ(second.assignments.at(partition(2)).metadata, metadata);
    EXPECT_EQ(second.values(), (std::vector<std::string>{"v4", "v5", "v6", "v7", "v8", "v9"}));
}

TEST_P(EventLogContract, WhatWasNotCommittedIsReadAgain) {
    append_many(0, "v", 5);
    {
        Member first(log(), {topic()});
        ASSERT_TRUE(poll_until({&first}, [&] { return first.records.size() >= 5; }));
        first.reader->close();
    }
    Member second(log(), {topic()});
    ASSERT_TRUE(poll_until({&second}, [&] { return second.records.size() >= 5; }));
    EXPECT_EQ(second.values(), numbered("v", 5));
}

TEST_P(EventLogContract, GroupsDoNotKnowEachOther) {
    append_many(0, "v", 3);
    Member member(log(), {topic()});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 3; }));
    ASSERT_TRUE(member.commit(partition(0), 3));
    const auto other = inspector().committed(log().group + "-other", partition(0));
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, ErrorCode::not_found);
}

TEST_P(EventLogContract, OffsetsMayGoBackwards) {
    append_many(0, "v", 5);
    Member member(log(), {topic()});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 5; }));
    ASSERT_TRUE(member.commit(partition(0), 5));
    ASSERT_TRUE(member.commit(partition(0), 2));
    EXPECT_EQ(inspector().committed(log().group, partition(0))->offset, 2);
}

TEST_P(EventLogContract, PausedPartitionsAreSilentAndGoOnWhereTheyStopped) {
    Member member(log(), {topic()});
    own_all(member);
    append_many(0, "a", 3);
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 3; }));
    member.reader->pause({partition(0), {topic() + "-unknown", 7}});
    append_many(0, "b", 3);
    append_many(1, "c", 1);
    // The record of the other partition shows that polling went on.
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 4; }));
    for (int i = 0; i < 5; ++i) member.poll();
    EXPECT_EQ(member.values(), (std::vector<std::string>{"a0", "a1", "a2", "c0"}));
    EXPECT_TRUE(member.owned.contains(partition(0)));

    member.reader->resume({partition(0), {topic() + "-unknown", 7}});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 7; }));
    EXPECT_EQ(member.values(),
              (std::vector<std::string>{"a0", "a1", "a2", "c0", "b0", "b1", "b2"}));
}

TEST_P(EventLogContract, ReadsSeveralTopics) {
    append_many(0, "v", 2);
    append({record_of(log().other_topic, "k", "other")});
    Member member(log(), {topic(), log().other_topic});
    ASSERT_TRUE(poll_until({&member}, [&] { return member.records.size() >= 3; }));
    std::set<std::string> topics;
    for (const auto& record : member.records) topics.insert(record.topic);
    EXPECT_EQ(topics, (std::set{topic(), log().other_topic}));
}

TEST_P(EventLogContract, ClosingTwiceIsFine) {
    Member member(log(), {topic()});
    own_all(member);
    member.reader->close();
    member.reader->close();
    EXPECT_EQ(member.revoked.size(), static_cast<std::size_t>(kPartitions));
    EXPECT_FALSE(member.commit(partition(0), 0));
}

}  // namespace tributary::event_log
