#include "event_log/kafka/kafka_reader.h"

#include <future>
#include <gtest/gtest.h>
#include <set>

#include "event_log/kafka/kafka_writer.h"
#include "event_log/kafka/mock_kafka.h"

/// What a real broker cannot be made to do at will; the rest is the contract suite's.
namespace tributary::event_log::kafka {
namespace {

using namespace std::chrono_literals;

class Owner final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>& partitions) override {
        for (const auto& assignment : partitions) owned.insert(assignment.partition);
    }
    void on_revoked(const std::vector<TopicPartition>& partitions) override {
        for (const auto& partition : partitions) owned.erase(partition);
        revoked += partitions.size();
    }
    void on_lost(const std::vector<TopicPartition>& partitions) override {
        for (const auto& partition : partitions) owned.erase(partition);
        lost += partitions.size();
    }
    std::set<TopicPartition> owned;
    std::size_t revoked = 0;
    std::size_t lost = 0;
};

class KafkaReaderOnMock : public testing::Test {
protected:
    KafkaReader& reader() {
        if (!reader_) {
            reader_ = std::make_unique<KafkaReader>(settings_, clock_, "group",
                                                    std::vector<std::string>{"orders"}, owner_);
        }
        return *reader_;
    }
    void append(int count) {
        std::vector<std::string> keys;
        for (int i = 0; i < count; ++i) keys.push_back(std::to_string(i));
        append(keys);
    }
    void append(const std::vector<std::string>& keys) {
        // Before the writer, which answers to the end.
        std::promise<std::vector<AppendOutcome>> done;
        KafkaWriter writer(settings_, clock_);
        std::vector<NewRecord> records;
        for (const auto& key : keys) {
            records.emplace_back("orders", key, "v", std::vector<RecordHeader>());
        }
        writer.append(std::move(records), [&](std::vector<AppendOutcome> outcomes) {
            done.set_value(std::move(outcomes));
        });
        auto outcomes = done.get_future();
        ASSERT_EQ(outcomes.wait_for(kPatience), std::future_status::ready);
        for (const auto& outcome : outcomes.get()) {
            ASSERT_TRUE(outcome) << outcome.error().message;
        }
    }
    /// Polls until `done` says so of the last answer.
    template <class Condition>
    bool poll_until(Condition done) {
        const auto deadline = clock_.steady_now() + kPatience;
        while (clock_.steady_now() < deadline) {
            if (done(reader().poll(50ms, 1))) return true;
        }
        return false;
    }
    bool poll_for(std::chrono::milliseconds time) {
        const auto end = clock_.steady_now() + time;
        return poll_until([&](const auto&) { return clock_.steady_now() > end; });
    }
    /// A short interval, and a group that soon misses who does not leave it.
    void expect_to_be_replaced_soon() {
        settings_.reader_standstill = 2s;
        settings_.properties["session.timeout.ms"] = "5000";
        settings_.properties["heartbeat.interval.ms"] = "500";
    }
    bool read_one() {
        return poll_until([](const auto& records) { return records && !records->empty(); });
    }

    MockKafka kafka_;
    SystemClock clock_;
    KafkaLogSettings settings_ = kafka_.settings();
    Owner owner_;
    std::unique_ptr<KafkaReader> reader_;
};

TEST_F(KafkaReaderOnMock, ClosesWhileFetchedRecordsAreUnread) {
    append(1'000);
    ASSERT_TRUE(read_one());
    reader().close();
    EXPECT_EQ(owner_.revoked, 4U);
    EXPECT_TRUE(owner_.owned.empty());
    EXPECT_FALSE(reader().poll(0ms, 1));
}

TEST_F(KafkaReaderOnMock, SaysThatNoBrokerAnswersUntilOneDoes) {
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.stop();
    ASSERT_TRUE(poll_until([](const auto& records) { return !records; }));
    const auto still = reader().poll(0ms, 1);
    ASSERT_FALSE(still);
    EXPECT_EQ(still.error().code, ErrorCode::unavailable);
    EXPECT_NE(still.error().message.find(settings_.bootstrap_servers), std::string::npos);
    kafka_.start();
    ASSERT_TRUE(poll_until([](const auto& records) { return records.has_value(); }));
}

TEST_F(KafkaReaderOnMock, ASlowBrokerIsNotASilentOne) {
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.delay(250ms);
    // Long enough for more questions than make a silence.
    for (int polls = 0; polls < 40; ++polls) {
        const auto records = reader().poll(100ms, 1);
        ASSERT_TRUE(records) << records.error().message;
    }
}

TEST_F(KafkaReaderOnMock, ACommitThatNobodyAnswersEnds) {
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.stop();
    const std::vector<OffsetCommit> offsets{{*owner_.owned.begin(), 1, "note"}};
    const auto committed = reader().commit(offsets);
    ASSERT_FALSE(committed);
    EXPECT_TRUE(committed.error().code == ErrorCode::timed_out ||
                committed.error().code == ErrorCode::unavailable);
    kafka_.start();
    ASSERT_TRUE(poll_until([&](const auto&) { return reader().commit(offsets).has_value(); }));
}

TEST_F(KafkaReaderOnMock, ClosingEndsThoughNobodyAnswers) {
    settings_.close_timeout = 500ms;
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.stop();
    reader().close();
    EXPECT_EQ(owner_.revoked + owner_.lost, 4U);
    EXPECT_TRUE(owner_.owned.empty());
}

TEST_F(KafkaReaderOnMock, ReadsOnAfterTheLeaderKeptSilentAboutItsOffsets) {
    append(1);
    settings_.properties["socket.timeout.ms"] = "2000";
    kafka_.delay_offsets(2 * kPatience, 1);
    auto read = std::async(std::launch::async, [&] { return read_one(); });
    ASSERT_EQ(read.wait_for(kPatience), std::future_status::ready);
    EXPECT_TRUE(read.get());
}

TEST_F(KafkaReaderOnMock, IsReadyOnceItsGroupHasGivenItAShare) {
    const auto before = reader().ready();
    ASSERT_FALSE(before);
    EXPECT_NE(before.error().message.find("'group' is not joined"), std::string::npos);
    ASSERT_TRUE(poll_until([&](const auto&) { return reader().ready().has_value(); }));
    EXPECT_EQ(owner_.owned.size(), 4U);
}

TEST_F(KafkaReaderOnMock, IsNotReadyWhileATopicIsMissing) {
    append(1);
    kafka_.hide_topic("absent");
    reader_ = std::make_unique<KafkaReader>(settings_, clock_, "group",
                                            std::vector<std::string>{"orders", "absent"}, owner_);
    ASSERT_TRUE(read_one());
    ASSERT_TRUE(poll_until([&](const auto&) {
        const auto ready = reader().ready();
        return !ready && ready.error().message.find("'absent'") != std::string::npos;
    }));
    kafka_.show_topic("absent");
    EXPECT_TRUE(poll_until([&](const auto&) { return reader().ready().has_value(); }));
}

TEST_F(KafkaReaderOnMock, AClientThatFailedForGoodIsReplacedAndNothingIsLost) {
    expect_to_be_replaced_soon();
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.fence_the_next_member();
    ASSERT_TRUE(poll_until([&](const auto&) { return reader().replacements() == 1; }));
    EXPECT_EQ(owner_.lost, 4U);
    EXPECT_TRUE(owner_.owned.empty());
    const auto ready = reader().ready();
    ASSERT_FALSE(ready);
    EXPECT_NE(ready.error().message.find("failed for good"), std::string::npos);
    // It was never committed.
    EXPECT_TRUE(read_one());
    EXPECT_TRUE(reader().ready());
    EXPECT_EQ(owner_.owned.size(), 4U);
}

TEST_F(KafkaReaderOnMock, AClientThatStandsStillIsReplacedAndNothingIsLost) {
    expect_to_be_replaced_soon();
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.fail_fetches();
    append(10);
    // The fetch that is under way may bring these; for what follows there is none that succeeds.
    ASSERT_TRUE(poll_for(1s));
    append(10);
    ASSERT_TRUE(poll_until([&](const auto&) { return reader().replacements() == 1; }));
    EXPECT_EQ(owner_.lost, 4U);
    const auto ready = reader().ready();
    ASSERT_FALSE(ready);
    EXPECT_NE(ready.error().message.find("delivered nothing of orders/"), std::string::npos);
    kafka_.mend_fetches();
    std::size_t read = 0;
    EXPECT_TRUE(poll_until([&](const auto& records) {
        read += records ? records->size() : 0;
        return read == 21;
    }));
    EXPECT_TRUE(reader().ready());
}

/// Asked about a partition whose leader is away, nobody knows; the others are asked all the same.
TEST_F(KafkaReaderOnMock, APartitionWithoutALeaderHidesNoStandstillOfAnotherOne) {
    MockKafka kafka(2);
    settings_ = kafka.settings();
    expect_to_be_replaced_soon();
    kafka.coordinate("group", 1);
    for (int partition = 0; partition < 4; ++partition) kafka.lead(partition, 1);
    kafka.lead(0, 2);
    append(1);
    ASSERT_TRUE(read_one());
    kafka.fail_fetches();
    kafka.stop(2);
    std::vector<std::string> keys;
    for (int i = 0; keys.size() < 10; ++i) {
        if (partition_for_key(std::to_string(i), 4) > 0) keys.push_back(std::to_string(i));
    }
    append(keys);
    ASSERT_TRUE(poll_for(1s));
    append(keys);
    EXPECT_TRUE(poll_until([&](const auto&) { return reader().replacements() == 1; }));
    reader_.reset();
}

/// The end is asked for while the fetch that will bring the record is still to come.
TEST_F(KafkaReaderOnMock, ARecordThatComesWhileTheEndsAreAskedForIsNoStandstill) {
    expect_to_be_replaced_soon();
    append(1);
    ASSERT_TRUE(read_one());
    kafka_.delay_fetches(1s, 1'000);
    for (int round = 0; round < 3; ++round) {
        ASSERT_TRUE(poll_for(settings_.reader_standstill - 100ms));
        append(1);
        ASSERT_TRUE(read_one());
    }
    EXPECT_EQ(reader().replacements(), 0U);
}

TEST_F(KafkaReaderOnMock, AClientWithNothingToReadIsLeftAlone) {
    expect_to_be_replaced_soon();
    append(1);
    ASSERT_TRUE(read_one());
    const std::vector<TopicPartition> all(owner_.owned.begin(), owner_.owned.end());
    ASSERT_TRUE(poll_for(3 * settings_.reader_standstill));
    EXPECT_EQ(reader().replacements(), 0U);
    reader().pause(all);
    append(5);
    ASSERT_TRUE(poll_for(3 * settings_.reader_standstill));
    EXPECT_EQ(reader().replacements(), 0U);
    reader().resume(all);
    EXPECT_TRUE(read_one());
}

TEST_F(KafkaReaderOnMock, ReadsNothingOfAPartitionThatIsPausedBeforeItsFirstRecord) {
    append(100);
    ASSERT_TRUE(poll_until([&](const auto&) { return !owner_.owned.empty(); }));
    const auto paused = *owner_.owned.begin();
    reader().pause({paused});
    int others = 0;
    ASSERT_TRUE(poll_until([&](const auto& records) {
        for (const auto& record : records.value_or(std::vector<Record>())) {
            if (record.partition != paused.partition) ++others;
        }
        return others > 50;
    }));
    reader().resume({paused});
    ASSERT_TRUE(poll_until([&](const auto& records) {
        return records && !records->empty() && records->front().partition == paused.partition;
    }));
}

}  // namespace
}  // namespace tributary::event_log::kafka
