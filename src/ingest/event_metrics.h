#pragma once

#include <map>
#include <string>
#include <vector>

#include "event/catalog.h"
#include "receipt/receipt.h"
#include "telemetry/metrics.h"

namespace tributary::ingest {

/// Counts what became of events. Thread-safe.
class EventMetrics {
public:
    /// `metrics` must outlive this object.
    EventMetrics(telemetry::Metrics& metrics, const event::Catalog& catalog);

    /// What the clients are told.
    void count(const std::vector<receipt::ItemOutcome>& outcomes);
    /// What the log said when the clients had already been told that the fate is unknown.
    void count_late(bool is_accepted);
    void observe_delivery(double seconds) { delivery_.observe(seconds); }

private:
    telemetry::Metrics& metrics_;
    std::map<std::string, telemetry::Counter*, std::less<>> accepted_;  ///< By entity type.
    telemetry::Counter& late_accepted_;
    telemetry::Counter& late_failed_;
    telemetry::Histogram& delivery_;
};

}  // namespace tributary::ingest
