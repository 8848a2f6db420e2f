#include "telemetry/metrics.h"

#include <gtest/gtest.h>

namespace tributary::telemetry {
namespace {

TEST(Metrics, WritesPrometheusText) {
    Metrics metrics;
    metrics.counter("tributary_events_total", "Events.", {{"type", "order"}}).add(2);
    metrics.gauge("tributary_queue_bytes", "Queue.").set(7);
    metrics.histogram("tributary_wait_seconds", "Wait.", {0.1, 1}).observe(0.5);
    const std::string text = metrics.text();
    EXPECT_NE(text.find("# TYPE tributary_events_total counter"), std::string::npos);
    EXPECT_NE(text.find("tributary_events_total{type=\"order\"} 2"), std::string::npos);
    EXPECT_NE(text.find("tributary_queue_bytes 7"), std::string::npos);
    EXPECT_NE(text.find("tributary_wait_seconds_bucket{le=\"0.1\"} 0"), std::string::npos);
    EXPECT_NE(text.find("tributary_wait_seconds_count 1"), std::string::npos);
}

TEST(Metrics, SumsWhatMatches) {
    Metrics metrics;
    metrics.counter("a_total", "A.", {{"x", "1"}}).add(2);
    metrics.counter("a_total", "A.", {{"x", "2"}}).add(3);
    metrics.counter("b_total", "B.").add(7);
    metrics.gauge("c_bytes", "C.", {{"x", "1"}}).set(1);
    metrics.gauge("c_bytes", "C.", {{"x", "2"}}).set(4);
    const auto all = [](const Labels&) { return true; };
    const auto second = [](const Labels& labels) { return labels.at("x") == "2"; };
    EXPECT_EQ(metrics.sum("a_total", all), 5);
    EXPECT_EQ(metrics.sum("a_total", second), 3);
    EXPECT_EQ(metrics.sum("c_bytes", all), 5);
    EXPECT_EQ(metrics.sum("d_total", all), 0);
}

TEST(Metrics, TellsWhatAHistogramHasCounted) {
    Metrics metrics;
    Histogram& wait = metrics.histogram("wait_seconds", "Wait.", {0.1, 1});
    for (const double value : {0.05, 0.1, 0.5, 7.0}) wait.observe(value);
    const Observations found = metrics.observations("wait_seconds");
    EXPECT_EQ(found.bounds, (std::vector<double>{0.1, 1}));
    EXPECT_EQ(found.counts, (std::vector<std::uint64_t>{2, 1, 1}));
    EXPECT_EQ(found.total(), 4U);
    EXPECT_EQ(metrics.observations("other_seconds").total(), 0U);
}

TEST(Metrics, QuantilesLieWithinTheirBucket) {
    const Observations none;
    EXPECT_EQ(none.quantile(0.5), 0);
    const Observations even{{0.1, 0.2, 0.4}, {4, 4, 0, 0}};
    EXPECT_DOUBLE_EQ(even.quantile(0.25), 0.05);
    EXPECT_DOUBLE_EQ(even.quantile(0.5), 0.1);
    EXPECT_DOUBLE_EQ(even.quantile(0.75), 0.15);
    EXPECT_DOUBLE_EQ(even.quantile(1), 0.2);
    const Observations above{{0.1, 0.2}, {1, 0, 9}};
    EXPECT_DOUBLE_EQ(above.quantile(0.99), 0.2);
}

TEST(Metrics, TheSameNameAndLabelsAreTheSameCounter) {
    Metrics metrics;
    metrics.counter("a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("a_total", "A.", {{"x", "2"}}).add();
    EXPECT_EQ(metrics.counter("a_total", "A.", {{"x", "1"}}).value(), 2);
}

}  // namespace
}  // namespace tributary::telemetry
