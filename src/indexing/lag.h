#pragma once

#include <cstdint>
#include <map>

#include "event_log/event_log.h"
#include "indexing/consumer.h"
#include "telemetry/metrics.h"

namespace tributary::indexing {

/// Where we are in our partitions, as `tributary_consumer_position`, and how many of their records
/// are not done yet, as `tributary_consumer_lag_records`. One thread.
class Lag {
public:
    /// All must outlive this object.
    Lag(const Consumer& consumer, event_log::Inspector& inspector, telemetry::Metrics& metrics)
        : consumer_(consumer), inspector_(inspector), metrics_(metrics) {}

    /// Asks the log for its ends; blocks as long as that takes. A partition whose end it does not
    /// tell keeps its last lag; after the second one this ends, and the next call goes on behind
    /// it. A partition that is no longer ours has the lag and the position 0 here.
    void update();

private:
    using Positions = std::map<event_log::TopicPartition, std::int64_t>;
    struct Gauges {
        telemetry::Gauge* position = nullptr;
        telemetry::Gauge* lag = nullptr;  ///< None until the log has told an end.
    };

    void measure(const Positions& positions);
    void show(telemetry::Gauge*& gauge, const char* name, const char* help,
              const event_log::TopicPartition& partition, std::int64_t value);

    const Consumer& consumer_;
    event_log::Inspector& inspector_;
    telemetry::Metrics& metrics_;
    std::map<event_log::TopicPartition, Gauges> gauges_;
    event_log::TopicPartition asked_last_;
};

}  // namespace tributary::indexing
