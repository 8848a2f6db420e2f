#pragma once

#include <atomic>
#include <thread>

#include "event_log/contract/fixture.h"

/// Contract suite, writing: one outcome per record, order per key, bounds.
namespace tributary::event_log {

TEST_P(EventLogContract, GivesOneOutcomePerRecordInTheOrderGiven) {
    std::vector<NewRecord> records;
    for (int i = 0; i < 100; ++i) {
        records.push_back(record_of(topic(), "key-" + std::to_string(i), std::to_string(i)));
    }
    const auto positions = append(records);
    ASSERT_EQ(positions.size(), records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        EXPECT_EQ(positions[i].partition, partition_for_key(records[i].key, kPartitions));
        const auto stored =
            inspector().read(partition(positions[i].partition), positions[i].offset, 1);
        ASSERT_TRUE(stored) << stored.error().message;
        ASSERT_EQ(stored->size(), 1U);
        EXPECT_EQ(stored->front().value, records[i].value);
        EXPECT_EQ(stored->front().timestamp, positions[i].timestamp);
    }
}

TEST_P(EventLogContract, PositionsAreContiguousPerPartition) {
    std::map<std::int32_t, std::vector<std::int64_t>> offsets;
    for (int call = 0; call < 5; ++call) {
        std::vector<NewRecord> records;
        for (int i = 0; i < 20; ++i) {
            records.push_back(record_of(topic(), std::to_string(call * 20 + i), "v"));
        }
        for (const auto& position : append(std::move(records))) {
            offsets[position.partition].push_back(position.offset);
        }
    }
    for (const auto& [partition, found] : offsets) {
        for (std::size_t i = 0; i < found.size(); ++i) {
            EXPECT_EQ(found[i], static_cast<std::int64_t>(i)) << "partition " << partition;
        }
    }
}

TEST_P(EventLogContract, CallsWithoutWaitingKeepTheOrderOfAKey) {
    constexpr int kCalls = 50;
    std::atomic<int> answered = 0;
    for (int i = 0; i < kCalls; ++i) {
        std::vector<NewRecord> records;
        records.push_back(record_of(topic(), key_in(0), "v" + std::to_string(i)));
        writer().append(std::move(records), [&](const Outcomes& outcomes) {
            EXPECT_TRUE(outcomes.at(0));
            ++answered;
        });
    }
    writer().drain(kPatience);
    EXPECT_EQ(answered, kCalls);
    const auto stored = inspector().read(partition(0), 0, kCalls + 1);
    ASSERT_TRUE(stored);
    std::vector<std::string> values;
    for (const auto& record : *stored) values.push_back(record.value);
    EXPECT_EQ(values, numbered("v", kCalls));
}

TEST_P(EventLogContract, WritersOfManyThreadsLoseNothing) {
    constexpr int kThreads = 4;
    constexpr int kCalls = 25;
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([this, thread] {
            for (int i = 0; i < kCalls; ++i) append_one(key_in(thread), std::to_string(i));
        });
    }
    threads.clear();
    for (std::int32_t number = 0; number < kThreads; ++number) {
        const auto range = inspector().range(partition(number));
        ASSERT_TRUE(range);
        EXPECT_EQ(range->end, kCalls);
    }
}

TEST_P(EventLogContract, RefusesATooLargeRecordAndTakesItsNeighbours) {
    const auto too_large = std::string(log().max_record_bytes + 1, 'x');
    const auto outcomes = append_and_wait(writer(), {record_of(topic(), key_in(0), "before"),
                                                     record_of(topic(), key_in(0), too_large),
                                                     record_of(topic(), key_in(0), "after")});
    ASSERT_EQ(outcomes.size(), 3U);
    ASSERT_TRUE(outcomes[0]);
    ASSERT_FALSE(outcomes[1]);
    ASSERT_TRUE(outcomes[2]);
    EXPECT_EQ(outcomes[1].error().code, ErrorCode::invalid_input);
    EXPECT_EQ(outcomes[2]->offset, outcomes[0]->offset + 1);
}

TEST_P(EventLogContract, NamesAnUnknownTopicAndTakesItsNeighbours) {
    const auto outcomes = append_and_wait(
        writer(), {record_of(topic() + "-nowhere", "k", "v"), record_of(topic(), "k", "v")});
    ASSERT_EQ(outcomes.size(), 2U);
    ASSERT_FALSE(outcomes[0]);
    EXPECT_EQ(outcomes[0].error().code, ErrorCode::not_found);
    EXPECT_NE(outcomes[0].error().message.find(topic() + "-nowhere"), std::string::npos);
    EXPECT_TRUE(outcomes[1]);
}

TEST_P(EventLogContract, AnEmptyCallIsAnsweredToo) {
    EXPECT_TRUE(append_and_wait(writer(), {}).empty());
}

TEST_P(EventLogContract, CountsQueuedBytesUntilTheOutcome) {
    EXPECT_EQ(writer().queued_bytes(), 0U);
    EXPECT_TRUE(writer().ready());
    append_one("k", "v");
    EXPECT_EQ(writer().queued_bytes(), 0U);
    EXPECT_GE(writer().expected_wait(), std::chrono::milliseconds(1));
}

TEST_P(EventLogContract, AFullQueueRefusesAtOnceAndTakesRecordsAgainLater) {
    const auto small = log().make_writer_with_queue(64'000);
    constexpr std::size_t kRecords = 1'000;
    std::vector<NewRecord> records;
    for (std::size_t i = 0; i < kRecords; ++i) {
        records.push_back(record_of(topic(), key_in(0), std::string(1'000, 'x')));
    }
    const auto outcomes = append_and_wait(*small, std::move(records));
    ASSERT_EQ(outcomes.size(), kRecords);
    std::int64_t accepted = 0;
    for (const auto& outcome : outcomes) {
        if (outcome) {
            ++accepted;
        } else {
            EXPECT_EQ(outcome.error().code, ErrorCode::retry_later);
        }
    }
    EXPECT_GT(accepted, 0);
    EXPECT_LT(accepted, static_cast<std::int64_t>(kRecords));
    // Refused is refused: nothing of it was written.
    const auto range = inspector().range(partition(0));
    ASSERT_TRUE(range);
    EXPECT_EQ(range->end, accepted);

    const auto again = append_and_wait(*small, {record_of(topic(), key_in(0), "again")});
    EXPECT_TRUE(again.at(0));
}

TEST_P(EventLogContract, DrainingDeliversWhatIsQueuedAndRefusesWhatIsNew) {
    std::atomic<int> accepted = 0;
    for (int i = 0; i < 20; ++i) {
        std::vector<NewRecord> records;
        records.push_back(record_of(topic(), "k", "v"));
        writer().append(std::move(records),
                        [&](const Outcomes& outcomes) { accepted += outcomes.at(0) ? 1 : 0; });
    }
    writer().drain(kPatience);
    EXPECT_EQ(accepted, 20);
    EXPECT_EQ(writer().queued_bytes(), 0U);

    const auto refused = append_and_wait(writer(), {record_of(topic(), "k", "v")});
    ASSERT_FALSE(refused.at(0));
    EXPECT_EQ(refused[0].error().code, ErrorCode::shutting_down);
    const auto ready = writer().ready();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code, ErrorCode::shutting_down);
    writer().drain(std::chrono::milliseconds(0));
}

}  // namespace tributary::event_log
