#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tributary::telemetry {

using Labels = std::map<std::string, std::string>;

/// Handles are owned by their Metrics and valid as long as it is. All calls are thread-safe.
class Counter {
public:
    virtual ~Counter() = default;
    virtual void add(double amount = 1) = 0;
    [[nodiscard]] virtual double value() const = 0;
};
class Gauge {
public:
    virtual ~Gauge() = default;
    virtual void set(double value) = 0;
    [[nodiscard]] virtual double value() const = 0;
};

/// What a histogram has counted: `counts[i]` values at most `bounds[i]` and above the bound before
/// it; the last of `counts`, one more than there are bounds, those above all of them.
struct Observations {
    std::vector<double> bounds;
    std::vector<std::uint64_t> counts;

    [[nodiscard]] std::uint64_t total() const;
    /// The value that this share of all (0 to 1) does not exceed, taken as evenly spread within
    /// their bucket; the highest bound where it lies above all of them. 0 where there is none.
    [[nodiscard]] double quantile(double share) const;
};
class Histogram {
public:
    virtual ~Histogram() = default;
    virtual void observe(double value) = 0;
    [[nodiscard]] virtual Observations observations() const = 0;
};

/// A process's metrics: names in Prometheus style with their unit (`tributary_…_seconds`), labels
/// from bounded sets only. Asking twice for the same name and labels gives the same handle.
class Metrics {
public:
    Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;
    ~Metrics();

    Counter& counter(const std::string& name, const std::string& help, const Labels& labels = {});
    Gauge& gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    Histogram& histogram(const std::string& name, const std::string& help,
                         const std::vector<double>& bounds, const Labels& labels = {});

    /// The Prometheus text format, version 0.0.4.
    [[nodiscard]] std::string text() const;

    using Matches = std::function<bool(const Labels&)>;
    /// The sum of the counters and gauges of that name whose labels match; 0 where there is none.
    [[nodiscard]] double sum(const std::string& name, const Matches& matches) const;
    /// Those of the histogram of that name without labels; empty where there is none.
    [[nodiscard]] Observations observations(const std::string& name) const;

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

/// `tributary_build_info`: 1, labelled with the version of this build.
void set_build_info(Metrics& metrics, const std::string& version);

/// `tributary_ready`: whether /ready says 200 now. Set it whenever metrics are asked for.
void set_ready(Metrics& metrics, bool is_ready);

/// Bounds in seconds from 0.5 ms to 60 s, for latencies.
const std::vector<double>& latency_bounds();

}  // namespace tributary::telemetry
