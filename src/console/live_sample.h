#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "console/part_status.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"

namespace tributary::console {

/// One look at everything that moves, on one line:
/// `{"at":…,"log":{"ok":…,"detail":…,"version":…},"index":{…},"types":[{"type":…,"accepted":N,"indexed":N,
///   "duplicates":N,"dead_lettered":N,"lag":N,"latency_ms":{"p50":…,"p95":…,"p99":…,"of":N}},…],
///   "parts":[{"name":…,"ready":…},…]}`.
/// The counts only grow: rates are what two lines differ by. `latency_ms` (received to indexed) is
/// of the newest documents of the last seconds; null where there are none. Blocks.
class LiveSample {
public:
    using Status = std::function<std::vector<PartStatus>()>;

    /// All must outlive this object.
    LiveSample(const event::Catalog& catalog, event_log::Inspector& inspector,
               document_index::Searcher& searcher, std::string group, Status status,
               const Clock& clock);

    std::string operator()() const;

private:
    const event::Catalog& catalog_;
    event_log::Inspector& inspector_;
    document_index::Searcher& searcher_;
    const std::string group_;
    const Status status_;
    const Clock& clock_;
};

}  // namespace tributary::console
