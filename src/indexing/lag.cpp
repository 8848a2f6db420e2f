#include "indexing/lag.h"

#include <algorithm>
#include <string>

namespace tributary::indexing {

void Lag::update() {
    const auto positions = consumer_.positions();
    for (const auto& [partition, gauge] : gauges_) {
        if (!positions.contains(partition)) gauge->set(0);
    }
    for (const auto& [partition, position] : positions) {
        const auto range = inspector_.range(partition);
        if (!range) return;  // Nor will it answer for the others.
        telemetry::Gauge*& gauge = gauges_[partition];
        if (gauge == nullptr) {
            gauge = &metrics_.gauge(
                "tributary_consumer_lag_records",
                "Records behind the offset up to which all are done.",
                {{"topic", partition.topic}, {"partition", std::to_string(partition.partition)}});
        }
        gauge->set(static_cast<double>(std::max<std::int64_t>(0, range->end - position)));
    }
}

}  // namespace tributary::indexing
