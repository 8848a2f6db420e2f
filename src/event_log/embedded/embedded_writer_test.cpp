#include "event_log/embedded/embedded_writer.h"

#include <atomic>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "event_log/embedded/log_database.h"
#include "event_log/embedded/test_log.h"
#include "sqlite/sync_observer.h"

namespace tributary::event_log {
namespace {

using namespace std::chrono_literals;
using Outcomes = std::vector<AppendOutcome>;

std::vector<NewRecord> records_of(const std::string& topic, std::size_t count, std::size_t size) {
    std::vector<NewRecord> records;
    for (std::size_t i = 0; i < count; ++i) {
        records.emplace_back(topic, "key", std::string(size, 'v'), std::vector<RecordHeader>());
    }
    return records;
}

std::future<Outcomes> begin_append(Writer& writer, std::vector<NewRecord> records) {
    auto promise = std::make_shared<std::promise<Outcomes>>();
    writer.append(std::move(records),
                  [promise](Outcomes outcomes) { promise->set_value(std::move(outcomes)); });
    return promise->get_future();
}

AppendOutcome append_one(Writer& writer, const std::string& topic = "orders",
                         std::size_t size = 100) {
    return begin_append(writer, records_of(topic, 1, size)).get().at(0);
}

class EmbeddedLogWriter : public testing::Test {
protected:
    /// Keeps everybody else from writing until it is destroyed.
    struct HeldLock {
        explicit HeldLock(const EmbeddedLogSettings& settings)
            : database(*open_log_database(settings)),
              transaction(*sqlite::Transaction::write(database)) {}
        sqlite::Database database;
        sqlite::Transaction transaction;
    };

    std::unique_ptr<Writer> open(EmbeddedLogSettings settings) {
        log_ = TestLog::open_with_orders(std::move(settings), clock_);
        return log_->make_writer();
    }
    std::int64_t end_offset() { return log_->make_inspector()->range({"orders", 0})->end; }

    TestLog files_;
    ManualClock clock_;
    std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogWriter, SyncsBeforeEveryAnswer) {
    std::atomic<int> syncs = 0;
    const sqlite::SyncObserver observer([&] { return ++syncs > 0; });
    {
        const auto writer = open(files_.settings());
        for (int i = 0; i < 10; ++i) {
            const int before = syncs;
            std::promise<int> at_answer;
            writer->append(records_of("orders", 3, 10), [&](const Outcomes& outcomes) {
                EXPECT_TRUE(outcomes.at(2));
                at_answer.set_value(syncs);
            });
            EXPECT_GT(at_answer.get_future().get(), before) << "answered before the sync";
        }
    }
    log_.reset();
}

TEST_F(EmbeddedLogWriter, WhatCameDuringOneSyncSharesTheNext) {
    std::atomic<int> syncs = 0;
    const sqlite::SyncObserver observer([&] { return ++syncs > 0; });
    {
        const auto writer = open(files_.settings());
        ASSERT_TRUE(append_one(*writer));
        std::vector<std::future<Outcomes>> answers;
        const int before = syncs;
        {
            const HeldLock held(files_.settings());
            for (int i = 0; i < 100; ++i) {
                answers.push_back(begin_append(*writer, records_of("orders", 1, 10)));
            }
        }
        for (auto& answer : answers) EXPECT_TRUE(answer.get().at(0));
        EXPECT_LE(syncs - before, 4) << "the first of them alone, the others together";
    }
    log_.reset();
}

TEST_F(EmbeddedLogWriter, ARecordWhoseSyncFailedHasAnUnknownFate) {
    std::atomic<bool> disk_works = true;
    const sqlite::SyncObserver observer([&] { return disk_works.load(); });
    {
        const auto writer = open(files_.settings());
        ASSERT_TRUE(append_one(*writer));
        disk_works = false;
        const auto unknown = append_one(*writer);
        ASSERT_FALSE(unknown);
        EXPECT_EQ(unknown.error().code, ErrorCode::timed_out);
        EXPECT_FALSE(writer->ready());
        EXPECT_GE(writer->expected_wait(), 1s);

        disk_works = true;
        const auto next = append_one(*writer);
        ASSERT_TRUE(next) << next.error().message;
        EXPECT_TRUE(writer->ready());
        EXPECT_EQ(end_offset(), next->offset + 1);
    }
    log_.reset();
}

TEST_F(EmbeddedLogWriter, AFileLockedBeyondTheDeadlineMeansNotWritten) {
    auto settings = files_.settings();
    settings.write_deadline = 20ms;
    const auto writer = open(settings);
    {
        const HeldLock held(files_.settings());
        const auto refused = append_one(*writer);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::retry_later);
    }
    EXPECT_EQ(end_offset(), 0);
    EXPECT_TRUE(append_one(*writer));
}

TEST_F(EmbeddedLogWriter, RefusesRecordsWhileSpaceIsUnderTheReserve) {
    std::atomic<std::uint64_t> free = 999;
    auto settings = files_.settings();
    settings.free_space_reserve_bytes = 1'000;
    settings.free_space = [&] { return free.load(); };
    const auto writer = open(settings);
    const auto refused = append_one(*writer);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::retry_later);
    const auto ready = writer->ready();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code, ErrorCode::retry_later);
    EXPECT_GE(writer->expected_wait(), 1s);

    free = 1'000;
    EXPECT_TRUE(append_one(*writer));
    EXPECT_TRUE(writer->ready());
}

TEST_F(EmbeddedLogWriter, TimeNeverGoesBackWithinAPartition) {
    const auto writer = open(files_.settings());
    const auto first = append_one(*writer);
    EXPECT_EQ(first->timestamp, clock_.now());
    clock_.advance(-1h);
    EXPECT_EQ(append_one(*writer)->timestamp, first->timestamp);
    clock_.advance(2h);
    EXPECT_EQ(append_one(*writer)->timestamp, first->timestamp + 1h);
}

TEST_F(EmbeddedLogWriter, LargeCallsAreWrittenInSeveralTransactions) {
    auto settings = files_.settings();
    settings.max_queued_bytes = std::size_t{64} << 20;
    const auto writer = open(settings);
    const auto outcomes = begin_append(*writer, records_of("orders", 5'000, 2'000)).get();
    for (std::size_t i = 0; i < outcomes.size(); ++i) {
        ASSERT_TRUE(outcomes[i]);
        ASSERT_EQ(outcomes[i]->offset, static_cast<std::int64_t>(i));
    }
}

TEST_F(EmbeddedLogWriter, TheWriteAheadLogDoesNotGrowForEver) {
    const auto writer = open(files_.settings());
    for (int i = 0; i < 10; ++i) {
        begin_append(*writer, records_of("orders", 2'000, 2'000)).wait();
    }
    EXPECT_GT(std::filesystem::file_size(files_.path()), std::size_t{20} << 20);
    EXPECT_LT(std::filesystem::file_size(files_.path() + "-wal"), std::size_t{20} << 20);
}

TEST_F(EmbeddedLogWriter, AFullQueueRefusesTheRestOfTheCallToKeepTheOrder) {
    auto settings = files_.settings();
    settings.max_queued_bytes = 3'000;
    const auto writer = open(settings);
    const HeldLock held(files_.settings());
    auto records = records_of("orders", 1, 2'000);
    for (auto& record : records_of("orders", 1, 2'000)) records.push_back(std::move(record));
    for (auto& record : records_of("orders", 1, 1)) records.push_back(std::move(record));
    auto call = begin_append(*writer, std::move(records));
    EXPECT_GT(writer->queued_bytes(), 2'000U);
    const auto second = begin_append(*writer, records_of("orders", 1, 2'000));
    EXPECT_EQ(second.wait_for(0s), std::future_status::ready) << "refused within the call";
    writer->drain(0ms);
    const auto outcomes = call.get();
    EXPECT_EQ(outcomes.at(0).error().code, ErrorCode::timed_out);
    EXPECT_EQ(outcomes.at(1).error().code, ErrorCode::retry_later);
    EXPECT_EQ(outcomes.at(2).error().code, ErrorCode::retry_later);
}

TEST_F(EmbeddedLogWriter, ExpectsToWaitLongerWithMoreInTheQueue) {
    const auto writer = open(files_.settings());
    const auto idle = writer->expected_wait();
    const HeldLock held(files_.settings());
    const auto call = begin_append(*writer, records_of("orders", 50, 1'000'000));
    EXPECT_GT(writer->expected_wait(), idle);
    writer->drain(0ms);
}

TEST_F(EmbeddedLogWriter, DrainAnswersOnceForWhatIsNotWrittenInTime) {
    auto settings = files_.settings();
    settings.write_deadline = 10s;
    const auto writer = open(settings);
    std::atomic<int> answers = 0;
    {
        const HeldLock held(files_.settings());
        for (int i = 0; i < 5; ++i) {
            writer->append(records_of("orders", 2, 10), [&](const Outcomes& outcomes) {
                ++answers;
                for (const auto& outcome : outcomes) {
                    ASSERT_FALSE(outcome);
                    EXPECT_EQ(outcome.error().code, ErrorCode::timed_out);
                }
            });
        }
        writer->drain(10ms);
        EXPECT_EQ(answers, 5);
        EXPECT_EQ(writer->queued_bytes(), 0U);
    }
    writer->drain(10s);
    EXPECT_EQ(answers, 5);
}

TEST_F(EmbeddedLogWriter, WhatStillWaitsAtTheEndIsRefused) {
    auto settings = files_.settings();
    settings.write_deadline = 50ms;
    auto writer = open(settings);
    const HeldLock held(files_.settings());
    std::vector<std::future<Outcomes>> calls;
    for (int i = 0; i < 3; ++i) {
        calls.push_back(begin_append(*writer, records_of("orders", 5, 900'000)));
    }
    writer.reset();
    for (auto& call : calls) {
        for (const auto& outcome : call.get()) EXPECT_FALSE(outcome);
    }
}

TEST_F(EmbeddedLogWriter, ADeadLetterMayBeLargerThanWhatItIsAbout) {
    auto settings = files_.settings();
    settings.max_record_bytes = 1'000;
    const auto writer = open(settings);
    ASSERT_TRUE(log_->create_topic(dead_letter_topic("orders")));
    EXPECT_FALSE(append_one(*writer, "orders", 1'500));
    EXPECT_TRUE(append_one(*writer, "orders.dlq", 1'500));
    EXPECT_FALSE(append_one(*writer, "orders.dlq", 100'000));
}

TEST_F(EmbeddedLogWriter, FindsTopicsThatAreMadeLater) {
    const auto writer = open(files_.settings());
    EXPECT_FALSE(append_one(*writer, "later"));
    ASSERT_TRUE(log_->create_topic("later"));
    EXPECT_TRUE(append_one(*writer, "later"));
}

}  // namespace
}  // namespace tributary::event_log
