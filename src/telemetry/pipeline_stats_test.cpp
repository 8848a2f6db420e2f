#include "telemetry/pipeline_stats.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "telemetry/captured_log.h"

namespace tributary::telemetry {
namespace {

using namespace std::chrono_literals;

class PipelineStatsTest : public testing::Test {
protected:
    Counter& counter(const std::string& kind) {
        return metrics_.counter("events_total", "Events.", {{"kind", kind}});
    }
    PipelineStats stats() {
        const auto is_good = [](const Labels& labels) { return labels.at("kind") == "good"; };
        return PipelineStats(
            {StatsField::increase("all", "events_total"),
             StatsField::increase("good", "events_total", is_good),
             StatsField::level("queue", "queue_bytes"), StatsField::count("waits", "wait_seconds"),
             StatsField::quantile_ms("wait_p50_ms", "wait_seconds", 0.5)},
            metrics_, log_, clock_);
    }
    /// The numbers of every line so far, as they are spelled.
    std::vector<std::string> written() const {
        std::vector<std::string> found;
        for (const std::string& line : log_.lines({"pipeline.stats"})) {
            const std::size_t begin = line.find(R"("stats":{)");
            found.push_back(line.substr(begin + 8, line.find('}', begin) - begin - 7));
        }
        return found;
    }

    ManualClock clock_;
    Metrics metrics_;
    CapturedLog log_{clock_};
};

TEST_F(PipelineStatsTest, WritesWhatCameSinceTheLineBefore) {
    PipelineStats stats = this->stats();
    Histogram& wait = metrics_.histogram("wait_seconds", "Wait.", {0.1, 0.2, 0.4});
    counter("good").add(5);
    counter("bad").add(2);
    metrics_.gauge("queue_bytes", "Queue.").set(700);
    for (int i = 0; i < 10; ++i) wait.observe(0.15);
    clock_.advance(10s);
    stats.write();
    counter("bad").add(1);
    wait.observe(0.3);
    clock_.advance(2'500ms);
    stats.write();
    clock_.advance(10s);
    stats.write();
    EXPECT_EQ(written(),
              (std::vector<std::string>{
                  R"({"all":7,"good":5,"interval_s":10,"queue":700,"wait_p50_ms":150,"waits":10})",
                  R"({"all":1,"good":0,"interval_s":2.5,"queue":700,"wait_p50_ms":300,"waits":1})",
                  R"({"all":0,"good":0,"interval_s":10,"queue":700,"waits":0})"}));
}

TEST_F(PipelineStatsTest, IsAnActionInTheCommonSchema) {
    stats().write();
    EXPECT_EQ(log_.lines({R"("message":"pipeline.stats")", R"("service":{"name":"test"})",
                          R"("event":{"action":"pipeline.stats"})", R"("tributary":{"stats":{)"})
                  .size(),
              1U);
}

TEST_F(PipelineStatsTest, IsDueEveryTenSeconds) {
    PipelineStats stats = this->stats();
    EXPECT_EQ(stats.until_due(), 10s);
    clock_.advance(9'999ms);
    EXPECT_EQ(stats.until_due(), 1ms);
    stats.write_if_due();
    EXPECT_TRUE(written().empty());
    clock_.advance(1ms);
    EXPECT_EQ(stats.until_due(), 0ms);
    stats.write_if_due();
    stats.write_if_due();
    EXPECT_EQ(written().size(), 1U);
    // Whoever slept too long does not catch up.
    clock_.advance(60s);
    stats.write_if_due();
    stats.write_if_due();
    EXPECT_EQ(written().size(), 2U);
    EXPECT_EQ(stats.until_due(), 10s);
}

}  // namespace
}  // namespace tributary::telemetry
