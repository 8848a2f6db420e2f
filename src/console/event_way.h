#pragma once

#include <string>

#include "base/result.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"

namespace tributary::console {

/// "Where is my event?": every document, dead letter and waiting record with that event id, each
/// with its way through the system. JSON:
/// `{"id":…,"matches":[{"state":"indexed"|"dead-lettered"|"in-flight","type":…,"source":…,
///   "traceparent":…,"index":…,"document_id":…,"stages":[{"stage":…,"time":…,…},…],
///   "document":{…}}]}`.
/// What waits is looked for in what `group` has not committed yet, at most so many records per
/// partition; beyond it `"incomplete":true` is set. Blocks. Thread-safe where the ports are.
Result<std::string> event_way(const std::string& id, const event::Catalog& catalog,
                              document_index::Searcher& searcher, event_log::Inspector& inspector,
                              const std::string& group);

}  // namespace tributary::console
