#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <string_view>

#include "ingest/routes.h"
#include "telemetry/metrics.h"

namespace tributary::ingest {

/// Rate, errors and duration of the requests, by route. Thread-safe.
class RequestMetrics {
public:
    /// `metrics` must outlive this object.
    explicit RequestMetrics(telemetry::Metrics& metrics) : metrics_(metrics) {}

    /// `route` is null where no route has the path.
    void count(const Route* route, std::string_view method, int status, double seconds);
    /// A request that the server refused before it was read to its end.
    void count_unread(int status);

private:
    static constexpr std::size_t kMethods = 4;
    static constexpr std::size_t kClasses = 6;
    static constexpr std::size_t kMaxRoutes = 16;

    void add(std::size_t place, std::string_view method, int status);
    telemetry::Histogram& duration(std::size_t place);

    telemetry::Metrics& metrics_;
    /// Handles once looked up: a look-up by name costs as much as a small request.
    std::array<std::atomic<telemetry::Counter*>, kMaxRoutes * kMethods * kClasses> counters_{};
    std::array<std::atomic<telemetry::Histogram*>, kMaxRoutes> durations_{};
};

}  // namespace tributary::ingest
