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

TEST(Metrics, TheSameNameAndLabelsAreTheSameCounter) {
    Metrics metrics;
    metrics.counter("a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("a_total", "A.", {{"x", "1"}}).add();
    metrics.counter("a_total", "A.", {{"x", "2"}}).add();
    EXPECT_EQ(metrics.counter("a_total", "A.", {{"x", "1"}}).value(), 2);
}

}  // namespace
}  // namespace tributary::telemetry
