#include <gtest/gtest.h>
#include <map>
#include <set>

#include "indexing/consumer_fixture.h"
#include "indexing/lag.h"
#include "indexing/stats_fields.h"
#include "telemetry/pipeline_stats.h"

namespace tributary::indexing {
namespace {

/// A log that knows its ends, or does not answer.
class ScriptedEnds final : public event_log::Inspector {
public:
    Result<std::vector<TopicPartition>> partitions(const std::string& /*topic*/) override {
        return std::vector<TopicPartition>();
    }
    Result<Range> range(const TopicPartition& partition) override {
        ++asked;
        if (is_away || leaderless.contains(partition)) {
            return fail(ErrorCode::unavailable, "The log is away.");
        }
        return Range{0, ends[partition]};
    }
    Result<event_log::CommittedOffset> committed(const std::string& /*group*/,
                                                 const TopicPartition& /*partition*/) override {
        return event_log::CommittedOffset();
    }
    Result<std::vector<event_log::Record>> read(const TopicPartition& /*partition*/,
                                                std::int64_t /*offset*/,
                                                std::size_t /*max_records*/) override {
        return std::vector<event_log::Record>();
    }
    Result<std::string> engine() override { return std::string("scripted"); }

    std::map<TopicPartition, std::int64_t> ends;
    std::set<TopicPartition> leaderless;
    bool is_away = false;
    int asked = 0;
};

class StatsTest : public ConsumerTest {
protected:
    std::string lag_of(const std::string& topic) const {
        return line_of("tributary_consumer_lag_records{partition=\"0\",topic=\"" + topic + "\"}");
    }
    std::string position_of(const std::string& topic) const {
        return line_of("tributary_consumer_position{partition=\"0\",topic=\"" + topic + "\"}");
    }
    ScriptedEnds ends_;
};

TEST_F(StatsTest, LagIsWhatLiesBehindTheFinishedRecords) {
    reader().assign(orders);
    append_events(5);
    ASSERT_TRUE(turn_until_committed(5));
    Lag lag(consumer(), ends_, metrics);
    ends_.ends[orders] = 12;
    lag.update();
    EXPECT_EQ(lag_of("orders"), "7");
    ends_.is_away = true;
    lag.update();
    EXPECT_EQ(lag_of("orders"), "7");
    ends_.is_away = false;
    reader().revoke(orders);
    turn(2);
    lag.update();
    EXPECT_EQ(lag_of("orders"), "0");
    EXPECT_EQ(position_of("orders"), "0");
}

TEST_F(StatsTest, ThePositionIsThatOfTheFinishedRecordsWhetherTheLogAnswersOrNot) {
    Lag lag(consumer(), ends_, metrics);
    reader().assign(orders);
    append_events(5);
    ASSERT_TRUE(turn_until_committed(5));
    ends_.is_away = true;
    lag.update();
    EXPECT_EQ(position_of("orders"), "5");
}

TEST_F(StatsTest, APartitionWithoutALeaderHidesNoOther) {
    Lag lag(consumer(), ends_, metrics);
    reader().assign(orders);
    reader().assign(products);
    turn(2);
    ends_.leaderless = {orders};
    ends_.ends[products] = 3;
    lag.update();
    EXPECT_EQ(lag_of("products"), "3");
}

TEST_F(StatsTest, ALogThatIsAwayIsAskedTwiceAndThenForThePartitionsBehind) {
    Lag lag(consumer(), ends_, metrics);
    const std::vector<TopicPartition> partitions{
        {"orders", 0}, {"orders", 1}, {"products", 0}, {"suppliers", 0}};
    for (const TopicPartition& partition : partitions) reader().assign(partition);
    turn(2);
    ends_.leaderless = {partitions[0], partitions[1], partitions[2]};
    ends_.ends[partitions[3]] = 4;
    lag.update();
    EXPECT_EQ(ends_.asked, 2);
    lag.update();
    EXPECT_EQ(lag_of("suppliers"), "4");
    EXPECT_EQ(ends_.asked, 5);
}

TEST_F(StatsTest, TheLineTellsWhatBecameOfTheRecords) {
    telemetry::PipelineStats stats(stats_fields(), metrics, journal, clock);
    Lag lag(consumer(), ends_, metrics);
    bool is_refusing = true;
    index.decide([&](const document_index::Document& document) -> document_index::WriteOutcome {
        if (document.id == "slow" && std::exchange(is_refusing, false)) {
            return document_index::TryAgain{429, "Too much."};
        }
        return index.keep(document);
    });
    reader().assign(orders);
    for (const char* id : {"a", "b", "a", "slow"}) reader().append(orders, event(id));
    reader().append(orders, event("a", R"({"total":1})"));  // another content: a dead letter
    ASSERT_TRUE(turn_until_committed(5));
    ends_.ends[orders] = 9;
    lag.update();
    stats.write();
    ASSERT_EQ(journal.lines({"pipeline.stats"}).size(), 1U);
    EXPECT_EQ(journal
                  .lines({"pipeline.stats", R"("indexed":3,)", R"("duplicates":1,)",
                          R"("dead_lettered":1,)", R"("retries":1})", R"("failed_requests":0,)",
                          R"("lag":4,)", R"("queue_bytes":0,)", R"("latency_p50_ms":)",
                          R"("latency_p95_ms":)", R"("latency_p99_ms":)"})
                  .size(),
              1U)
        << journal.lines({"pipeline.stats"}).front();
}

}  // namespace
}  // namespace tributary::indexing
