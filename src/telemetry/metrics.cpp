#include "telemetry/metrics.h"

#include <mutex>
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

private:
    prometheus::Gauge& gauge_;
};

class PrometheusHistogram final : public Histogram {
public:
    explicit PrometheusHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}
    void observe(double value) override { histogram_.Observe(value); }

private:
    prometheus::Histogram& histogram_;
};

using Key = std::pair<std::string, Labels>;

}  // namespace

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
