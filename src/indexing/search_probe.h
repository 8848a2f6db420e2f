#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "base/clock.h"
#include "document_index/document_index.h"
#include "indexing/item.h"
#include "telemetry/metrics.h"

namespace tributary::indexing {

struct SearchProbeSettings {
    /// From one event's sighting until the next event is taken.
    std::chrono::milliseconds interval{10'000};
    std::chrono::milliseconds poll{100};  ///< How often the index is asked for it.
    /// When it counts as not found: into the histogram's last bucket.
    std::chrono::milliseconds patience{120'000};
};

/// Measures how long accepted events take until a search finds them: the index calls a document
/// stored before anybody can find it. Watches one event at a time, on a thread of its own.
class SearchProbe {
public:
    /// All must outlive the probe.
    SearchProbe(SearchProbeSettings settings, document_index::Searcher& searcher,
                telemetry::Metrics& metrics, const Clock& clock);
    SearchProbe(const SearchProbe&) = delete;
    SearchProbe& operator=(const SearchProbe&) = delete;
    ~SearchProbe() = default;  ///< Waits for a search under way: 5 s at most.

    /// An event whose document was made just now; passed over unless one is wanted. Cheap. Any
    /// thread.
    void offer(const Item& item);

private:
    struct Sighting {
        std::string index;
        std::string event_id;
        std::string document_id;
        Timestamp accepted_at;
    };
    void run(const std::stop_token& stop);
    [[nodiscard]] std::optional<Sighting> next(const std::stop_token& stop);
    [[nodiscard]] bool is_found(const Sighting& event);
    void watch(const Sighting& event, const std::stop_token& stop);
    /// False when it is time to stop.
    [[nodiscard]] bool rest(std::chrono::milliseconds time, const std::stop_token& stop);

    const SearchProbeSettings settings_;
    document_index::Searcher& searcher_;
    telemetry::Histogram& seconds_;
    const Clock& clock_;
    std::atomic<bool> is_wanted_ = true;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<Sighting> offered_;
    std::jthread thread_;  ///< Last: it uses all of the above.
};

}  // namespace tributary::indexing
