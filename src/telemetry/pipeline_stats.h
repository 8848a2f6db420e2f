#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"

namespace tributary::telemetry {

/// A number of the line, and which metric it comes from.
struct StatsField {
    enum class Kind {
        increase,  ///< Of a counter, since the line before.
        level,     ///< A gauge's value.
        count,     ///< A histogram's observations since the line before.
        quantile,  ///< Of those, in milliseconds; absent where there were none.
    };
    static StatsField increase(
        const std::string& name, std::string metric,
        Metrics::Matches matches = [](const Labels&) { return true; });
    static StatsField level(const std::string& name, std::string metric);
    static StatsField count(const std::string& name, std::string metric);
    static StatsField quantile_ms(const std::string& name, std::string metric, double share);

    Kind kind = Kind::level;
    std::string name;  ///< As it is logged: `tributary.stats.accepted`.
    std::string metric;
    Metrics::Matches matches;
    double share = 0;
};

/// Writes what a service did lately as one line of numbers, so that dashboards over the log's
/// lines have what Prometheus would have: `event.action` is `pipeline.stats`, the numbers lie under
/// `tributary.stats`, and `interval_s` says since when they count. One thread.
class PipelineStats {
public:
    static constexpr std::chrono::seconds kInterval{10};

    /// All references must outlive this object. The first line counts from the process's start.
    PipelineStats(std::vector<StatsField> fields, const Metrics& metrics, Log& log,
                  const Clock& clock);

    /// How long nothing needs to be written; zero when a line is due.
    [[nodiscard]] std::chrono::milliseconds until_due() const;
    void write_if_due();
    /// Also before its time: at the end, so that the lines add up to everything that was counted.
    void write();

private:
    struct Seen {
        double sum = 0;
        std::vector<std::uint64_t> counts;
    };
    void add(const StatsField& field, Seen& seen, std::vector<LogField>& line) const;

    const std::vector<StatsField> fields_;
    const Metrics& metrics_;
    Log& log_;
    const Clock& clock_;
    std::vector<Seen> seen_;  ///< At the line before; one for each of `fields_`.
    SteadyTime written_at_;
};

}  // namespace tributary::telemetry
