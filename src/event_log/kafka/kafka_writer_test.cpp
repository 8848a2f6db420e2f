#include "event_log/kafka/kafka_writer.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <mutex>
#include <thread>

#include "event_log/kafka/mock_kafka.h"

namespace tributary::event_log::kafka {
namespace {

using namespace std::chrono_literals;
using Outcomes = std::vector<AppendOutcome>;

NewRecord record_of(const std::string& topic, const std::string& key, const std::string& value) {
    return {topic, key, value, {}};
}

std::vector<NewRecord> one(const std::string& topic = "orders", const std::string& key = "key") {
    std::vector<NewRecord> records;
    records.push_back(record_of(topic, key, "value"));
    return records;
}

/// The last one waits until those before it are confirmed.
std::vector<NewRecord> more_than_a_batch() {
    std::vector<NewRecord> records;
    for (int i = 0; i < 3; ++i) {
        records.push_back(record_of("orders", "key", std::string(600'000, 'v')));
    }
    return records;
}

std::future<Outcomes> begin_append(Writer& writer, std::vector<NewRecord> records) {
    auto promise = std::make_shared<std::promise<Outcomes>>();
    writer.append(std::move(records),
                  [promise](Outcomes outcomes) { promise->set_value(std::move(outcomes)); });
    return promise->get_future();
}

AppendOutcome outcome_of(std::future<Outcomes> outcomes) {
    if (outcomes.wait_for(kPatience) != std::future_status::ready) {
        return fail(ErrorCode::internal, "The writer gave no outcome.");
    }
    return outcomes.get().at(0);
}

AppendOutcome append_one(Writer& writer) {
    return outcome_of(begin_append(writer, one()));
}

template <class Condition>
bool eventually(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        std::this_thread::yield();
    }
    return true;
}

ErrorCode code_of_outcome(const AppendOutcome& outcome) {
    return outcome ? ErrorCode::internal : outcome.error().code;
}

class KafkaWriterOnMock : public testing::Test {
protected:
    KafkaWriter& writer() {
        if (!writer_) writer_ = std::make_unique<KafkaWriter>(settings_, clock_);
        return *writer_;
    }

    MockKafka kafka_;
    SystemClock clock_;
    KafkaLogSettings settings_ = kafka_.settings();
    std::unique_ptr<KafkaWriter> writer_;
};

TEST_F(KafkaWriterOnMock, RetriesWhatMayBeRetried) {
    kafka_.fail_produce(
        {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS});
    const auto outcome = append_one(writer());
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->partition, partition_for_key("key", 4));
}

TEST_F(KafkaWriterOnMock, ARecordThatTheBrokerFindsTooLargeIsTheCallersFault) {
    kafka_.fail_produce({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
    EXPECT_EQ(code_of_outcome(append_one(writer())), ErrorCode::invalid_input);
    EXPECT_TRUE(append_one(writer()));
}

/// The first record on a partition goes alone, so those behind it still wait when it fails.
TEST_F(KafkaWriterOnMock, WhatFollowsARecordThatFailedDoesNotOvertakeIt) {
    std::vector<NewRecord> records;
    for (int i = 0; i < 3; ++i) records.push_back(record_of("orders", "key", "v"));
    kafka_.fail_produce({RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP});
    auto outcomes = begin_append(writer(), std::move(records));
    auto another = begin_append(writer(), one());
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    for (const auto& outcome : outcomes.get()) {
        EXPECT_EQ(code_of_outcome(outcome), ErrorCode::unavailable);
    }
    const auto alone = outcome_of(std::move(another));
    EXPECT_TRUE(alone) << "another call is not concerned: " << alone.error().message;
    EXPECT_EQ(writer().queued_bytes(), 0U);
}

/// librdkafka counts each record's time. Were the last record of a call that is larger than a batch
/// handed over later, it would be given up later, and the broker comes back in between.
TEST_F(KafkaWriterOnMock, WhatWasHandedOverLaterDoesNotOvertakeWhatWasGivenUp) {
    settings_.properties["reconnect.backoff.ms"] = "10";
    settings_.properties["reconnect.backoff.max.ms"] = "20";
    ASSERT_TRUE(append_one(writer()));
    const auto session = writer().session();
    kafka_.stop();
    auto outcomes = begin_append(writer(), more_than_a_batch());
    ASSERT_TRUE(eventually([&] { return writer().queued_bytes() < 1'000'000; }));
    kafka_.start();
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    const auto found = outcomes.get();
    EXPECT_FALSE(found[0]);
    EXPECT_FALSE(found[1]);
    EXPECT_EQ(code_of_outcome(found[2]), ErrorCode::unavailable);
    ASSERT_TRUE(eventually([&] { return append_one(writer()).has_value(); }));
    EXPECT_EQ(writer().queued_bytes(), 0U);
    EXPECT_EQ(writer().session(), session) << "other partitions are not concerned";
}

/// What was sent may have been written; what waits behind it was not, and is told so in time.
TEST_F(KafkaWriterOnMock, TheRestOfACallIsNotSentWhileItsFirstPartIsUnderWay) {
    settings_.delivery_timeout = settings_.waiting_timeout + 2s;
    ASSERT_TRUE(append_one(writer()));
    const auto session = writer().session();
    kafka_.delay(20s);
    auto outcomes = begin_append(writer(), more_than_a_batch());
    auto another = begin_append(writer(), one());
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    const auto found = outcomes.get();
    EXPECT_EQ(code_of_outcome(found[0]), ErrorCode::timed_out);
    EXPECT_EQ(code_of_outcome(found[1]), ErrorCode::timed_out);
    EXPECT_EQ(code_of_outcome(found[2]), ErrorCode::unavailable);
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(another))), ErrorCode::unavailable);
    EXPECT_EQ(writer().queued_bytes(), 0U);
    EXPECT_EQ(writer().session(), session);
}

/// What is handed over has the whole delivery timeout before it; nobody is to wait for both in
/// vain.
TEST_F(KafkaWriterOnMock, WhatWaitsIsRefusedLongBeforeWhatItWaitsForIsDecided) {
    settings_.delivery_timeout = 5min;
    settings_.waiting_timeout = 1s;
    ASSERT_TRUE(append_one(writer()));
    kafka_.delay(5min);
    auto outcomes = begin_append(writer(), more_than_a_batch());
    auto another = begin_append(writer(), one());
    ASSERT_EQ(another.wait_for(15s), std::future_status::ready);
    EXPECT_EQ(code_of_outcome(another.get().at(0)), ErrorCode::unavailable);
    EXPECT_LT(writer().queued_bytes(), 1'300'000U) << "the rest of the call is refused, too";
    EXPECT_EQ(outcomes.wait_for(0s), std::future_status::timeout);
}

TEST_F(KafkaWriterOnMock, WhatWaitsForTheNamesOfPartitionsIsRefusedAsSoon) {
    settings_.delivery_timeout = 5min;
    settings_.waiting_timeout = 1s;
    kafka_.stop();
    auto outcomes = begin_append(writer(), one());
    ASSERT_EQ(outcomes.wait_for(15s), std::future_status::ready);
    EXPECT_EQ(code_of_outcome(outcomes.get().at(0)), ErrorCode::unavailable);
}

TEST_F(KafkaWriterOnMock, ARecordThatIsItselfAtFaultLeavesItsNeighboursAlone) {
    std::vector<NewRecord> records;
    for (int i = 0; i < 3; ++i) records.push_back(record_of("orders", "key", "v"));
    kafka_.fail_produce({RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
    auto outcomes = begin_append(writer(), std::move(records));
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    const auto found = outcomes.get();
    EXPECT_EQ(code_of_outcome(found[0]), ErrorCode::invalid_input);
    EXPECT_TRUE(found[1]);
    EXPECT_TRUE(found[2]);
}

TEST_F(KafkaWriterOnMock, AConfirmationWithoutAnOffsetIsNoReceipt) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.fail_produce({RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER});
    EXPECT_EQ(code_of_outcome(append_one(writer())), ErrorCode::timed_out);
}

TEST_F(KafkaWriterOnMock, WhatNeverReachedABrokerIsUnavailableNotUnknown) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.stop();
    // The second one waits behind the first and is given its own time.
    auto first = begin_append(writer(), one());
    auto second = begin_append(writer(), one());
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(first))), ErrorCode::unavailable);
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(second))), ErrorCode::unavailable);
    EXPECT_EQ(writer().queued_bytes(), 0U);
}

TEST_F(KafkaWriterOnMock, ARecordThatWasSentAndNotAnsweredHasAnUnknownFate) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.delay(20s);
    EXPECT_EQ(code_of_outcome(append_one(writer())), ErrorCode::timed_out);
}

TEST_F(KafkaWriterOnMock, IsReadyAgainSoonAfterTheBrokerIs) {
    ASSERT_TRUE(writer().ready());
    kafka_.stop();
    ASSERT_TRUE(eventually([&] { return !writer().ready(); }));
    // The broker is down until told otherwise, so nothing changes between these.
    const auto ready = writer().ready();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code, ErrorCode::unavailable);
    EXPECT_NE(ready.error().message.find(settings_.bootstrap_servers), std::string::npos);
    EXPECT_GE(writer().expected_wait(), 1s);
    kafka_.start();
    ASSERT_TRUE(eventually([&] { return writer().ready().has_value(); }));
    EXPECT_TRUE(append_one(writer()));
}

TEST_F(KafkaWriterOnMock, IsNotReadyWhereNobodyAnswers) {
    settings_.bootstrap_servers = "127.0.0.1:1";
    const auto ready = writer().ready();
    ASSERT_FALSE(ready);
    EXPECT_EQ(ready.error().code, ErrorCode::unavailable);
    EXPECT_EQ(code_of_outcome(append_one(writer())), ErrorCode::unavailable);
}

/// What librdkafka has to tell of it may come before anybody waits for a signal.
TEST_F(KafkaWriterOnMock, ABrokerThatIsDownFromTheBeginningHidesNoReport) {
    MockKafka two(2);
    for (int partition = 0; partition < 4; ++partition) two.lead(partition, 1);
    two.stop(2);
    settings_ = two.settings();
    for (int i = 0; i < 20; ++i) {
        KafkaWriter writer(settings_, clock_);
        auto outcomes = begin_append(writer, one());
        ASSERT_EQ(outcomes.wait_for(10s), std::future_status::ready) << "writer " << i;
        EXPECT_TRUE(outcomes.get().at(0));
    }
}

TEST_F(KafkaWriterOnMock, RecordsWithoutAKeyAreSpreadOverThePartitions) {
    std::vector<NewRecord> records;
    for (int i = 0; i < 100; ++i) records.push_back(record_of("orders", "", "v"));
    auto outcomes = begin_append(writer(), std::move(records));
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    std::map<std::int32_t, int> found;
    for (const auto& outcome : outcomes.get()) {
        ASSERT_TRUE(outcome) << outcome.error().message;
        ++found[outcome->partition];
    }
    EXPECT_EQ(found.size(), 4U);
}

TEST_F(KafkaWriterOnMock, DrainingGivesUpAtItsLimitAndSaysThatTheFateIsUnknown) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.stop();
    auto under_way = begin_append(writer(), one());
    auto waiting = begin_append(writer(), one());
    writer().drain(10ms);
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(under_way))), ErrorCode::timed_out);
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(waiting))), ErrorCode::timed_out);
    EXPECT_EQ(writer().queued_bytes(), 0U);
}

/// Their outcomes are gone when the reports come.
TEST_F(KafkaWriterOnMock, ReportsOnWhatTheDrainGaveUpConcernNobody) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.stop();
    auto records = one();
    records.push_back(record_of("orders", "another", "value"));
    auto outcomes = begin_append(writer(), std::move(records));
    auto others = begin_append(writer(), one("orders", "a third"));
    writer().drain(10ms);
    ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
    for (const auto& outcome : outcomes.get()) {
        EXPECT_EQ(code_of_outcome(outcome), ErrorCode::timed_out);
    }
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(others))), ErrorCode::timed_out);
    writer_.reset();
}

TEST_F(KafkaWriterOnMock, EverybodyIsAnsweredWhenTheWriterEnds) {
    ASSERT_TRUE(append_one(writer()));
    kafka_.stop();
    auto under_way = begin_append(writer(), one());
    auto waiting = begin_append(writer(), one());
    writer_.reset();
    EXPECT_FALSE(outcome_of(std::move(under_way)));
    EXPECT_EQ(code_of_outcome(outcome_of(std::move(waiting))), ErrorCode::shutting_down);
}

/// librdkafka ends a producer for good with a fatal error. Records are numbered per key; whatever
/// happens, the accepted ones must lie in the order in which they were given.
TEST_F(KafkaWriterOnMock, AFatalErrorUnderLoadLosesNoAnswerAndNoOrder) {
    constexpr int kRounds = 3;
    std::atomic<bool> stop = false;
    std::atomic<int> given = 0;
    std::atomic<int> answered = 0;
    std::atomic<int> accepted = 0;
    std::mutex mutex;
    std::map<int, std::int64_t> offsets;  // By number.
    ASSERT_TRUE(append_one(writer()));
    std::jthread load([&] {
        while (!stop) {
            const int number = given++;
            writer().append(one(), [&, number](const Outcomes& outcomes) {
                if (outcomes.at(0)) {
                    ++accepted;
                    const std::lock_guard lock(mutex);
                    offsets[number] = outcomes[0]->offset;
                }
                ++answered;
            });
            if (given - answered > 1'000) std::this_thread::yield();
        }
    });
    for (int round = 0; round < kRounds; ++round) {
        const int before = accepted;
        ASSERT_TRUE(eventually([&] { return accepted > before + 100; }));
        const auto session = writer().session();
        ASSERT_TRUE(session);
        rd_kafka_test_fatal_error(session->native(), RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
                                  "a test");
        ASSERT_TRUE(eventually([&] {
            const auto now = writer().session();
            return now && now != session;
        }));
    }
    const int before = accepted;
    ASSERT_TRUE(eventually([&] { return accepted > before + 100; }));
    stop = true;
    load.join();
    writer().drain(kPatience);
    EXPECT_EQ(answered, given);
    std::int64_t last = -1;
    for (const auto& [number, offset] : offsets) {
        EXPECT_GT(offset, last) << "record " << number;
        last = offset;
    }
}

}  // namespace
}  // namespace tributary::event_log::kafka
