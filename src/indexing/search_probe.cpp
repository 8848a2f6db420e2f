#include "indexing/search_probe.h"

#include <algorithm>
#include <utility>

namespace tributary::indexing {

SearchProbe::SearchProbe(SearchProbeSettings settings, document_index::Searcher& searcher,
                         telemetry::Metrics& metrics, const Clock& clock)
    : settings_(settings),
      searcher_(searcher),
      seconds_(metrics.histogram("tributary_event_searchable_seconds",
                                 "From an event's time in the log until a search finds it; one "
                                 "event at a time is watched.",
                                 telemetry::latency_bounds())),
      clock_(clock),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

void SearchProbe::offer(const Item& item) {
    if (!is_wanted_.exchange(false)) return;
    {
        const std::scoped_lock lock(mutex_);
        offered_ = Sighting{std::string(item.index()), item.stored.event.id, item.document_id,
                            item.record.timestamp};
    }
    changed_.notify_all();
}

void SearchProbe::run(const std::stop_token& stop) {
    while (const auto event = next(stop)) {
        watch(*event, stop);
        if (!rest(settings_.interval, stop)) return;
        is_wanted_ = true;
    }
}

std::optional<SearchProbe::Sighting> SearchProbe::next(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, stop, [this] { return offered_.has_value(); });
    return std::exchange(offered_, std::nullopt);
}

void SearchProbe::watch(const Sighting& event, const std::stop_token& stop) {
    const SteadyTime end = clock_.steady_now() + settings_.patience;
    while (!is_found(event) && clock_.steady_now() < end) {
        if (!rest(settings_.poll, stop)) return;
    }
    const std::chrono::duration<double> took = clock_.now() - event.accepted_at;
    seconds_.observe(std::max(0.0, took.count()));
}

bool SearchProbe::is_found(const Sighting& event) {
    document_index::Query query;
    query.indices = {event.index};
    query.id = event.event_id;
    const auto page = searcher_.search(query);
    // Other sources may use the same id.
    return page && std::ranges::any_of(page->hits, [&](const document_index::Hit& hit) {
               return hit.id == event.document_id;
           });
}

bool SearchProbe::rest(std::chrono::milliseconds time, const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
}

}  // namespace tributary::indexing
