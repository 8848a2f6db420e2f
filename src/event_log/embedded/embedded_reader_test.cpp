#include "event_log/embedded/embedded_reader.h"

#include <atomic>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <set>

#include "base/manual_clock.h"
#include "event_log/embedded/log_database.h"
#include "event_log/embedded/test_log.h"
#include "sqlite/sync_observer.h"

namespace tributary::event_log {
namespace {

using namespace std::chrono_literals;

class Events final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>& partitions) override {
        for (const auto& assignment : partitions) owned.insert(assignment.partition.partition);
    }
    void on_revoked(const std::vector<TopicPartition>& partitions) override {
        if (while_revoked) while_revoked();
        for (const auto& partition : partitions) owned.erase(partition.partition);
        revoked += partitions.size();
    }
    void on_lost(const std::vector<TopicPartition>& partitions) override {
        for (const auto& partition : partitions) owned.erase(partition.partition);
        lost += partitions.size();
    }
    std::set<std::int32_t> owned;
    std::size_t revoked = 0;
    std::size_t lost = 0;
    std::function<void()> while_revoked;
};

using Partitions = std::set<std::int32_t>;

class EmbeddedLogReader : public testing::Test {
protected:
    EmbeddedLogReader() {
        auto settings = files_.settings();
        settings.partitions = 2;
        log_ = TestLog::open_with_orders(std::move(settings), clock_);
    }
    std::unique_ptr<Reader> reader(RebalanceListener& events) {
        return log_->make_reader("group", {"orders"}, events);
    }
    void append(const std::string& value, const std::string& topic = "orders") {
        std::promise<void> done;
        const auto writer = log_->make_writer();
        std::vector<NewRecord> records;
        records.emplace_back(topic, "key", value, std::vector<RecordHeader>());
        writer->append(std::move(records), [&](const std::vector<AppendOutcome>& outcomes) {
            EXPECT_TRUE(outcomes.at(0));
            done.set_value();
        });
        done.get_future().wait();
    }
    static std::vector<Record> poll(Reader& reader) {
        auto records = reader.poll(0ms, 100);
        EXPECT_TRUE(records) << records.error().message;
        return records ? std::move(*records) : std::vector<Record>();
    }
    static Result<void> commit(Reader& reader, std::int32_t partition, std::int64_t offset) {
        std::vector<OffsetCommit> offsets;
        offsets.emplace_back(TopicPartition("orders", partition), offset, "");
        return reader.commit(offsets);
    }

    TestLog files_;
    ManualClock clock_;
    std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogReader, TheFirstPollFindsWhatIsThere) {
    append("a");
    Events events;
    const auto reader = this->reader(events);
    EXPECT_EQ(poll(*reader).size(), 1U);
    EXPECT_EQ(events.owned, (Partitions{0, 1}));
    EXPECT_TRUE(poll(*reader).empty());
    append("b");
    EXPECT_EQ(poll(*reader).at(0).value, "b");
}

TEST_F(EmbeddedLogReader, WritesNothingWhileNothingChanges) {
    std::atomic<int> syncs = 0;
    const sqlite::SyncObserver observer([&] { return ++syncs > 0; });
    Events events;
    auto reader = this->reader(events);
    poll(*reader);
    poll(*reader);
    const int before = syncs;
    for (int i = 0; i < 100; ++i) poll(*reader);
    EXPECT_EQ(syncs, before);
    // A renewal after a third of the lease.
    clock_.advance(1'001ms);
    poll(*reader);
    EXPECT_GT(syncs, before);
    reader.reset();
}

TEST_F(EmbeddedLogReader, AnIdleReaderKeepsItsPartitionsByRenewing) {
    Events first_events;
    Events second_events;
    const auto first = reader(first_events);
    const auto second = reader(second_events);
    for (int i = 0; i < 20; ++i) {
        clock_.advance(1'500ms);
        poll(*first);
        poll(*second);
    }
    EXPECT_EQ(first_events.owned.size(), 1U);
    EXPECT_EQ(second_events.owned.size(), 1U);
    EXPECT_EQ(first_events.lost + second_events.lost, 0U);
}

TEST_F(EmbeddedLogReader, AStalledMemberLosesItsPartitionsAndCannotCommit) {
    append("a");
    Events stalled_events;
    const auto stalled = reader(stalled_events);
    ASSERT_EQ(poll(*stalled).size(), 1U);
    const auto partition = *stalled_events.owned.begin();

    // As after SIGSTOP: time passes for everybody, but one does not poll.
    Events heir_events;
    const auto heir = reader(heir_events);
    clock_.advance(4s);
    EXPECT_EQ(poll(*heir).size(), 1U) << "what was not committed is read again";
    EXPECT_EQ(heir_events.owned, (Partitions{0, 1}));

    const auto fenced = commit(*stalled, partition, 1);
    ASSERT_FALSE(fenced);
    EXPECT_EQ(fenced.error().code, ErrorCode::conflict);
    EXPECT_TRUE(commit(*heir, partition, 1));
    EXPECT_EQ(log_->make_inspector()->committed("group", {"orders", partition})->offset, 1);

    EXPECT_TRUE(poll(*stalled).empty());
    EXPECT_EQ(stalled_events.lost, 2U);
    EXPECT_EQ(stalled_events.revoked, 0U);
    // It is a member again, and gets its share back in peace.
    poll(*heir);
    poll(*stalled);
    EXPECT_EQ(stalled_events.owned.size(), 1U);
    EXPECT_EQ(heir_events.revoked, 1U);
}

TEST_F(EmbeddedLogReader, AStalledMemberThatNobodyMissedGoesOn) {
    Events events;
    const auto reader = this->reader(events);
    poll(*reader);
    clock_.advance(1h);
    EXPECT_TRUE(commit(*reader, 0, 0));
    poll(*reader);
    EXPECT_EQ(events.lost, 0U);
    EXPECT_EQ(events.owned, (Partitions{0, 1}));
}

TEST_F(EmbeddedLogReader, WhoFinishesWhatIsRevokedHasLongerThanTheLease) {
    Events first_events;
    Events second_events;
    const auto first = reader(first_events);
    poll(*first);
    const auto second = reader(second_events);
    poll(*second);
    Result<void> committed;
    first_events.while_revoked = [&] {
        clock_.advance(5s);
        poll(*second);
        committed = commit(*first, 1, 0);
    };
    poll(*first);
    EXPECT_EQ(first_events.revoked, 1U);
    EXPECT_TRUE(committed) << committed.error().message;
    poll(*first);
    EXPECT_EQ(first_events.lost, 0U);
    // Afterwards the lease is as short as before.
    clock_.advance(4s);
    poll(*second);
    EXPECT_EQ(second_events.owned, (Partitions{0, 1}));
}

TEST_F(EmbeddedLogReader, CommitsWhatIsOursEvenIfSomeIsNot) {
    Events first_events;
    Events second_events;
    const auto first = reader(first_events);
    poll(*first);
    const auto second = reader(second_events);
    poll(*second);
    poll(*first);
    poll(*second);
    ASSERT_EQ(first_events.owned.size(), 1U);
    const auto ours = *first_events.owned.begin();
    const auto theirs = *second_events.owned.begin();
    std::vector<OffsetCommit> offsets;
    offsets.emplace_back(TopicPartition("orders", theirs), 0, "x");
    offsets.emplace_back(TopicPartition("orders", ours), 0, "x");
    const auto committed = first->commit(offsets);
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::conflict);
    EXPECT_NE(committed.error().message.find("orders-" + std::to_string(theirs)),
              std::string::npos);
    const auto inspector = log_->make_inspector();
    EXPECT_TRUE(inspector->committed("group", {"orders", ours}));
    EXPECT_FALSE(inspector->committed("group", {"orders", theirs}));
}

TEST_F(EmbeddedLogReader, ReadsATopicThatIsMadeLater) {
    Events events;
    const auto reader = log_->make_reader("group", {"later"}, events);
    EXPECT_TRUE(poll(*reader).empty());
    EXPECT_TRUE(events.owned.empty());
    ASSERT_TRUE(log_->create_topic("later"));
    append("a", "later");
    EXPECT_EQ(poll(*reader).size(), 1U);
    EXPECT_EQ(events.owned, (Partitions{0, 1}));
}

TEST_F(EmbeddedLogReader, ACommitOfAppendsRaisesTheSignal) {
    const WakeWatch watch(files_.path());
    append("a");
    EXPECT_TRUE(watch.wait(30s));
}

TEST_F(EmbeddedLogReader, OnePollReadsABoundedNumberOfBytes) {
    for (int i = 0; i < 12; ++i) append(std::string(1'000'000, 'x'));
    Events events;
    const auto reader = this->reader(events);
    EXPECT_EQ(poll(*reader).size(), 8U);
    EXPECT_EQ(poll(*reader).size(), 4U);
}

TEST_F(EmbeddedLogReader, MetadataIsBoundedAsInKafka) {
    Events events;
    const auto reader = this->reader(events);
    poll(*reader);
    std::vector<OffsetCommit> offsets;
    offsets.emplace_back(TopicPartition("orders", 0), 0, std::string(4'097, 'x'));
    EXPECT_EQ(reader->commit(offsets).error().code, ErrorCode::invalid_input);
    offsets[0].metadata.pop_back();
    EXPECT_TRUE(reader->commit(offsets));
}

TEST_F(EmbeddedLogReader, ALockedLogIsUnavailableUntilItIsFree) {
    auto settings = files_.settings();
    settings.write_deadline = 10ms;
    const auto log = TestLog::open(settings, clock_);
    Events events;
    const auto reader = log->make_reader("group", {"orders"}, events);
    {
        auto database = open_log_database(files_.settings());
        const auto held = sqlite::Transaction::write(*database);
        const auto polled = reader->poll(0ms, 1);
        ASSERT_FALSE(polled);
        EXPECT_EQ(polled.error().code, ErrorCode::unavailable);
    }
    poll(*reader);
    EXPECT_EQ(events.owned.size(), 2U);
}

TEST_F(EmbeddedLogReader, CommitsAndHandsOverWhileSpaceIsUnderTheReserve) {
    append("a");
    auto settings = files_.settings();
    settings.free_space_reserve_bytes = 1;
    settings.free_space = [] { return std::uint64_t{0}; };
    const auto log = TestLog::open(settings, clock_);
    Events events;
    const auto reader = log->make_reader("group", {"orders"}, events);
    EXPECT_EQ(poll(*reader).size(), 1U);
    EXPECT_TRUE(commit(*reader, 0, 0));
    reader->close();
    EXPECT_EQ(events.revoked, 2U);
}

}  // namespace
}  // namespace tributary::event_log
