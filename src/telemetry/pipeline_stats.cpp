#include "telemetry/pipeline_stats.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace tributary::telemetry {
namespace {

constexpr const char* kPrefix = "tributary.stats.";

StatsField made_field(StatsField::Kind kind, const std::string& name, std::string metric) {
    StatsField made;
    made.kind = kind;
    made.name = kPrefix + name;
    made.metric = std::move(metric);
    made.matches = [](const Labels&) { return true; };
    return made;
}

std::int64_t whole(double value) {
    return std::llround(value);
}

/// Three digits behind the point are more than a histogram knows.
double milliseconds_of(double seconds) {
    return std::round(seconds * 1e6) / 1e3;
}

/// What came since `seen`, which becomes what there is now.
Observations since(std::vector<std::uint64_t>& seen, Observations now) {
    seen.resize(now.counts.size(), 0);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        now.counts[i] -= std::exchange(seen[i], now.counts[i]);
    }
    return now;
}

}  // namespace

StatsField StatsField::increase(const std::string& name, std::string metric,
                                Metrics::Matches matches) {
    StatsField made = made_field(Kind::increase, name, std::move(metric));
    made.matches = std::move(matches);
    return made;
}
StatsField StatsField::level(const std::string& name, std::string metric) {
    return made_field(Kind::level, name, std::move(metric));
}
StatsField StatsField::count(const std::string& name, std::string metric) {
    return made_field(Kind::count, name, std::move(metric));
}
StatsField StatsField::quantile_ms(const std::string& name, std::string metric, double share) {
    StatsField made = made_field(Kind::quantile, name, std::move(metric));
    made.share = share;
    return made;
}

PipelineStats::PipelineStats(std::vector<StatsField> fields, const Metrics& metrics, Log& log,
                             const Clock& clock)
    : fields_(std::move(fields)),
      metrics_(metrics),
      log_(log),
      clock_(clock),
      seen_(fields_.size()),
      written_at_(clock.steady_now()) {
}

std::chrono::milliseconds PipelineStats::until_due() const {
    const auto passed = clock_.steady_now() - written_at_;
    return std::max(std::chrono::milliseconds(0),
                    std::chrono::ceil<std::chrono::milliseconds>(kInterval - passed));
}

void PipelineStats::write_if_due() {
    if (until_due() == std::chrono::milliseconds(0)) write();
}

void PipelineStats::write() {
    const SteadyTime now = clock_.steady_now();
    const std::chrono::duration<double> passed = now - std::exchange(written_at_, now);
    std::vector<LogField> line{
        {"event.action", "pipeline.stats"},
        {"tributary.stats.interval_s", std::round(passed.count() * 1e3) / 1e3}};
    for (std::size_t i = 0; i < fields_.size(); ++i) add(fields_[i], seen_[i], line);
    log_.info("pipeline.stats", std::span<const LogField>(line));
}

void PipelineStats::add(const StatsField& field, Seen& seen, std::vector<LogField>& line) const {
    switch (field.kind) {
        case StatsField::Kind::increase: {
            const double sum = metrics_.sum(field.metric, field.matches);
            line.emplace_back(field.name, whole(sum - std::exchange(seen.sum, sum)));
            return;
        }
        case StatsField::Kind::level:
            line.emplace_back(field.name, whole(metrics_.sum(field.metric, field.matches)));
            return;
        case StatsField::Kind::count:
            line.emplace_back(field.name,
                              since(seen.counts, metrics_.observations(field.metric)).total());
            return;
        case StatsField::Kind::quantile: {
            const auto lately = since(seen.counts, metrics_.observations(field.metric));
            if (lately.total() == 0) return;
            line.emplace_back(field.name, milliseconds_of(lately.quantile(field.share)));
            return;
        }
    }
}

}  // namespace tributary::telemetry
