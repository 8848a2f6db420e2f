#include "event_log/embedded/trimmer.h"

#include <filesystem>
#include <future>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "event_log/embedded/test_log.h"

namespace tributary::event_log {
namespace {

using namespace std::chrono_literals;

class Nobody final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>&) override {}
    void on_revoked(const std::vector<TopicPartition>&) override {}
    void on_lost(const std::vector<TopicPartition>&) override {}
};

class EmbeddedLogTrim : public testing::Test {
protected:
    EmbeddedLogSettings settings() const {
        auto settings = files_.settings();
        settings.retention = 1h;
        settings.group_expiry = 24h;
        return settings;
    }
    void open(EmbeddedLogSettings settings) {
        log_ = TestLog::open_with_orders(std::move(settings), clock_);
    }
    void append(std::size_t count, const std::string& topic = "orders", std::size_t size = 10) {
        const auto writer = log_->make_writer();
        std::vector<NewRecord> records;
        for (std::size_t i = 0; i < count; ++i) {
            records.emplace_back(topic, "key", std::string(size, 'v'), std::vector<RecordHeader>());
        }
        writer->append(std::move(records), [](const std::vector<AppendOutcome>& outcomes) {
            EXPECT_TRUE(outcomes.back());
        });
        writer->drain(30s);
    }
    std::uint64_t trim() {
        const auto removed = log_->trim();
        EXPECT_TRUE(removed) << removed.error().message;
        return removed.value_or(0);
    }
    Inspector::Range range(const std::string& topic = "orders") {
        return log_->make_inspector()->range({topic, 0}).value_or(Inspector::Range{-1, -1});
    }
    /// A group that has committed `offset` and left.
    void pass(const std::string& group, std::int64_t offset) {
        const auto reader = log_->make_reader(group, {"orders"}, nobody_);
        EXPECT_TRUE(reader->poll(0ms, 1));
        std::vector<OffsetCommit> offsets;
        offsets.emplace_back(TopicPartition("orders", 0), offset, "");
        EXPECT_TRUE(reader->commit(offsets));
        reader->close();
    }

    TestLog files_;
    ManualClock clock_;
    Nobody nobody_;
    std::unique_ptr<EmbeddedLog> log_;
};

TEST_F(EmbeddedLogTrim, RemovesWhatIsTooOldAndKeepsTheOffsets) {
    open(settings());
    append(1'200);
    clock_.advance(61min);
    append(3);
    EXPECT_EQ(trim(), 1'200U);
    EXPECT_EQ(range().first, 1'200);
    EXPECT_EQ(range().end, 1'203);
    EXPECT_EQ(log_->make_inspector()->read({"orders", 0}, 0, 10)->front().offset, 1'200);
    clock_.advance(61min);
    EXPECT_EQ(trim(), 3U);
    EXPECT_EQ(range().first, 1'203);
    append(1);
    EXPECT_EQ(range().first, 1'203);
    EXPECT_EQ(range().end, 1'204);
}

TEST_F(EmbeddedLogTrim, RemovesLargeRecordsToo) {
    open(settings());
    append(12, "orders", 1'000'000);
    clock_.advance(2h);
    EXPECT_EQ(trim(), 12U);
}

TEST_F(EmbeddedLogTrim, LeavesToEveryLiveGroupWhatItHasNotPassed) {
    open(settings());
    append(10);
    pass("fast", 8);
    pass("slow", 3);
    clock_.advance(2h);
    EXPECT_EQ(trim(), 3U);
    EXPECT_EQ(range().first, 3);
    pass("slow", 8);
    EXPECT_EQ(trim(), 5U);
}

TEST_F(EmbeddedLogTrim, AGroupThatNeverCommittedHoldsEverythingBack) {
    open(settings());
    append(10);
    const auto reader = log_->make_reader("new", {"orders"}, nobody_);
    ASSERT_TRUE(reader->poll(0ms, 1));
    clock_.advance(2h);
    EXPECT_EQ(trim(), 0U);
}

TEST_F(EmbeddedLogTrim, AGroupOfOtherTopicsHoldsNothingBack) {
    open(settings());
    ASSERT_TRUE(log_->create_topic("products"));
    append(10);
    const auto reader = log_->make_reader("others", {"products"}, nobody_);
    ASSERT_TRUE(reader->poll(0ms, 1));
    clock_.advance(2h);
    EXPECT_EQ(trim(), 10U);
}

TEST_F(EmbeddedLogTrim, AGroupWithoutSignsOfLifeIsForgotten) {
    open(settings());
    append(10);
    pass("abandoned", 3);
    clock_.advance(23h);
    EXPECT_EQ(trim(), 3U);
    clock_.advance(2h);
    EXPECT_EQ(trim(), 7U);
    EXPECT_FALSE(log_->make_inspector()->committed("abandoned", {"orders", 0}));
}

TEST_F(EmbeddedLogTrim, AGroupWithAMemberThatPollsIsNeverForgotten) {
    open(settings());
    append(10);
    const auto reader = log_->make_reader("idle", {"orders"}, nobody_);
    for (int hour = 0; hour < 50; ++hour) {
        ASSERT_TRUE(reader->poll(0ms, 1));
        EXPECT_EQ(trim(), 0U);
        clock_.advance(1h);
    }
}

TEST_F(EmbeddedLogTrim, DeadLettersStayForEver) {
    open(settings());
    for (const auto* topic : {"orders.dlq", "orders.dlq.actions"}) {
        ASSERT_TRUE(log_->create_topic(topic));
        append(2, topic);
    }
    clock_.advance(24h * 365);
    EXPECT_EQ(trim(), 0U);
    EXPECT_EQ(range("orders.dlq").first, 0);
}

TEST_F(EmbeddedLogTrim, TakesTheOldestUntilTheLogIsSmallEnough) {
    auto limited = settings();
    limited.retention_bytes = 3'000'000;
    open(limited);
    ASSERT_TRUE(log_->create_topic("products"));
    append(2'000, "products", 1'000);
    clock_.advance(1min);
    append(2'000, "orders", 1'000);
    EXPECT_GT(trim(), 0U);
    EXPECT_GT(range("products").first, 0);
    EXPECT_EQ(range("orders").first, 0) << "the older ones were enough";
    EXPECT_EQ(trim(), 0U);
}

TEST_F(EmbeddedLogTrim, SizeTakesNothingThatAGroupNeeds) {
    auto limited = settings();
    limited.retention_bytes = 1;
    open(limited);
    append(1'000, "orders", 1'000);
    pass("reader", 10);
    EXPECT_EQ(trim(), 10U);
}

TEST_F(EmbeddedLogTrim, GivesSpaceBackToTheFileSystemWhenItIsShort) {
    auto short_of_space = settings();
    std::uint64_t free = 1'000;
    short_of_space.free_space_reserve_bytes = 1'000;
    short_of_space.free_space = [&] { return free; };
    open(short_of_space);
    append(3'000, "orders", 1'000);
    log_->make_writer().reset();
    clock_.advance(2h);
    free = 999;
    EXPECT_EQ(trim(), 3'000U);
    EXPECT_LT(std::filesystem::file_size(files_.path()), 500'000U);
}

}  // namespace
}  // namespace tributary::event_log
