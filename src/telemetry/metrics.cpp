#include "telemetry/metrics.h"

#include <mutex>
#include <numeric>
#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <utility>

namespace tributary::telemetry {
namespace {

class PrometheusCounter final : public Counter {
public:
    explicit PrometheusCounter(prometheus::Counter& counter) : counter_(counter) {}
    void add(double amount) override { counter_.Increment(amount); }
    [[nodiscard]] double value() const override { return counter_.Value(); }

private:
    prometheus::Counter& counter_;
};

class PrometheusGauge final : public Gauge {
public:
    explicit PrometheusGauge(prometheus::Gauge& gauge) : gauge_(gauge) {}
    void set(double value) override { gauge_.Set(value); }
    [[nodiscard]] double value() const override { return gauge_.Value(); }

private:
    prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
public:
    explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }
    [[nodiscard]] Observations observations() const override {
        Observations found;
        std::uint64_t below = 0;
        for (const auto& bucket : histogram_.Collect().histogram.bucket) {
            found.bounds.push_back(bucket.upper_bound);
            found.counts.push_back(bucket.cumulative_count - below);
            below = bucket.cumulative_count;
        }
        if (!found.bounds.empty()) found.bounds.pop_back();  // Infinity is no bound.
        return found;
    }

private:
    prometheus::Histogram& histogram_;
};

using Key = std::pair<std::string, Labels>;

template <class Handles>
double sum_of(const Handles& handles, const std::string& name, const Metrics::Matches& matches) {
    double sum = 0;
    for (auto at = handles.lower_bound(Key(name, {})); at != handles.end(); ++at) {
        const auto& [key, handle] = *at;
        if (key.first != name) break;
        if (matches(key.second)) sum += handle->value();
    }
    return sum;
}

}  // namespace

std::uint64_t Observations::total() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double Observations::quantile(double share) const {
    const double rank = share * static_cast<double>(total());
    double below = 0;
    for (std::size_t i = 0; i < bounds.size(); ++i) {
        const auto here = static_cast<double>(counts[i]);
        if (here > 0 && below + here >= rank) {
            const double lower = i == 0 ? 0 : bounds[i - 1];
            return lower + (bounds[i] - lower) * (rank - below) / here;
        }
        below += here;
    }
    return below < rank && !bounds.empty() ? bounds.back() : 0;
}

class Metrics::Implementation {
public:
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<Key, std::unique_ptr<Counter>> counters;
    std::map<Key, std::unique_ptr<Gauge>> gauges;
    std::map<Key, std::unique_ptr<Histogram>> histograms;
};

Metrics::Metrics() : implementation_(std::make_unique<Implementation>()) {
}
Metrics::~Metrics() = default;

Counter& Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    const std::scoped_lock lock(implementation_->mutex);
    auto& slot = implementation_->counters[Key(name, labels)];
    if (!slot) {
        auto& family =
            prometheus::BuildCounter().Name(name).Help(help).Register(implementation_->registry);
        slot = std::make_unique<PrometheusCounter>(family.Add(labels));
    }
    return *slot;
}

Gauge& Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    const std::scoped_lock lock(implementation_->mutex);
    auto& slot = implementation_->gauges[Key(name, labels)];
    if (!slot) {
        auto& family =
            prometheus::BuildGauge().Name(name).Help(help).Register(implementation_->registry);
        slot = std::make_unique<PrometheusGauge>(family.Add(labels));
    }
    return *slot;
}

Histogram& Metrics::histogram(const std::string& name, const std::string& help,
                              const std::vector<double>& bounds, const Labels& labels) {
    const std::scoped_lock lock(implementation_->mutex);
    auto& slot = implementation_->histograms[Key(name, labels)];
    if (!slot) {
        auto& family =
            prometheus::BuildHistogram().Name(name).Help(help).Register(implementation_->registry);
        slot = std::make_unique<PrometheusHistogram>(family.Add(labels, bounds));
    }
    return *slot;
}

std::string Metrics::text() const {
    return prometheus::TextSerializer().Serialize(implementation_->registry.Collect());
}

double Metrics::sum(const std::string& name, const Matches& matches) const {
    const std::scoped_lock lock(implementation_->mutex);
    return sum_of(implementation_->counters, name, matches) +
           sum_of(implementation_->gauges, name, matches);
}

Observations Metrics::observations(const std::string& name) const {
    const std::scoped_lock lock(implementation_->mutex);
    const auto found = implementation_->histograms.find(Key(name, {}));
    return found == implementation_->histograms.end() ? Observations()
                                                      : found->second->observations();
}

void set_build_info(Metrics& metrics, const std::string& version) {
    metrics
        .gauge("tributary_build_info", "1, labelled with the version of this build.",
               {{"version", version}})
        .set(1);
}

void set_ready(Metrics& metrics, bool is_ready) {
    metrics.gauge("tributary_ready", "1 while /ready answers 200, else 0.").set(is_ready ? 1 : 0);
}

const std::vector<double>& latency_bounds() {
    static const std::vector<double> bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                            0.25,   0.5,   1,      2.5,   5,    10,    30,   60};
    return bounds;
}

}  // namespace tributary::telemetry
