#pragma once

#include <map>

#include "event_log/event_log.h"
#include "indexing/consumer.h"
#include "telemetry/metrics.h"

namespace tributary::indexing {

/// How many records of our partitions are not done yet, as `tributary_consumer_lag_records`. One
/// thread.
class Lag {
public:
    /// All must outlive this object.
    Lag(const Consumer& consumer, event_log::Inspector& inspector, telemetry::Metrics& metrics)
        : consumer_(consumer), inspector_(inspector), metrics_(metrics) {}

    /// Asks the log for its ends; blocks as long as that takes. Where the log does not answer, what
    /// it said last stays. A partition that is no longer ours has no lag here.
    void update();

private:
    const Consumer& consumer_;
    event_log::Inspector& inspector_;
    telemetry::Metrics& metrics_;
    std::map<event_log::TopicPartition, telemetry::Gauge*> gauges_;
};

}  // namespace tributary::indexing
