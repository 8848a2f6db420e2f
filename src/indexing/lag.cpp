#include "indexing/lag.h"

#include <algorithm>
#include <string>

namespace tributary::indexing {
namespace {

/// For each of them the log may have waited as long as it waits for a broker.
constexpr int kMaxUnanswered = 2;

}  // namespace

void Lag::update() {
    const Positions positions = consumer_.positions();
    for (auto& [partition, gauges] : gauges_) {
        if (positions.contains(partition)) continue;
        gauges.position->set(0);
        if (gauges.lag != nullptr) gauges.lag->set(0);
    }
    for (const auto& [partition, position] : positions) {
        show(gauges_[partition].position, "tributary_consumer_position",
             "Offset up to which all are done.", partition, position);
    }
    measure(positions);
}

void Lag::measure(const Positions& positions) {
    auto next = positions.upper_bound(asked_last_);
    int unanswered = 0;
    for (auto left = positions.size(); left > 0 && unanswered < kMaxUnanswered; --left) {
        if (next == positions.end()) next = positions.begin();
        const auto& [partition, position] = *next++;
        asked_last_ = partition;
        const auto range = inspector_.range(partition);
        if (range) {
            show(gauges_[partition].lag, "tributary_consumer_lag_records",
                 "Records behind the offset up to which all are done.", partition,
                 std::max<std::int64_t>(0, range->end - position));
        } else {
            ++unanswered;
        }
    }
}

void Lag::show(telemetry::Gauge*& gauge, const char* name, const char* help,
               const event_log::TopicPartition& partition, std::int64_t value) {
    if (gauge == nullptr) {
        gauge = &metrics_.gauge(
            name, help,
            {{"topic", partition.topic}, {"partition", std::to_string(partition.partition)}});
    }
    gauge->set(static_cast<double>(value));
}

}  // namespace tributary::indexing
