#include "ingest/request_metrics.h"

#include <algorithm>
#include <string>

namespace tributary::ingest {
namespace {

/// Methods are the client's words; only those that we know become labels.
constexpr std::array<std::string_view, 4> kMethodLabels{"GET", "HEAD", "POST", "other"};

std::size_t place_of_method(std::string_view method) {
    const auto* found = std::ranges::find(kMethodLabels, method);
    return static_cast<std::size_t>(std::min(found, kMethodLabels.end() - 1) -
                                    kMethodLabels.begin());
}

std::size_t place_of_class(int status) {
    return static_cast<std::size_t>(std::clamp(status / 100, 0, 5));
}

/// Behind the routes come two more: paths that we do not have, and requests nobody read.
std::size_t place_of(const Route* route) {
    return route == nullptr ? routes().size() : static_cast<std::size_t>(route - routes().data());
}

std::string label_of(std::size_t place) {
    if (place < routes().size()) return std::string(routes()[place].path);
    return place == routes().size() ? "other" : "unread";
}

}  // namespace

void RequestMetrics::count(const Route* route, std::string_view method, int status,
                           double seconds) {
    const std::size_t place = place_of(route);
    add(place, method, status);
    duration(place).observe(seconds);
}

void RequestMetrics::count_unread(int status) {
    add(routes().size() + 1, "", status);
}

void RequestMetrics::add(std::size_t place, std::string_view method, int status) {
    const std::size_t method_place = place_of_method(method);
    auto& handle = counters_[(place * kMethods + method_place) * kClasses + place_of_class(status)];
    if (handle == nullptr) {
        handle = &metrics_.counter(
            "tributary_http_requests_total", "Requests answered, by route and outcome.",
            {{"route", label_of(place)},
             {"method", std::string(kMethodLabels[method_place])},
             {"status_class", std::to_string(place_of_class(status)) + "xx"}});
    }
    handle.load()->add();
}

telemetry::Histogram& RequestMetrics::duration(std::size_t place) {
    auto& handle = durations_[place];
    if (handle == nullptr) {
        handle = &metrics_.histogram("tributary_http_request_duration_seconds",
                                     "From a request read to its answer given, by route.",
                                     telemetry::latency_bounds(), {{"route", label_of(place)}});
    }
    return *handle.load();
}

}  // namespace tributary::ingest
