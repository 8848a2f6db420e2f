#pragma once

#include <string>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "indexing/item.h"

namespace tributary::indexing {

/// The record for `T.dlq`: key, value and headers of the original, and the `dlq-` headers of
/// ledger/dead_letter_headers.h. Headers are bounded; the value is replaced by its length, hash and
/// origin where the letter says so. The item must have a `letter`.
event_log::NewRecord letter_record(const Item& item, Timestamp at);

/// `<topic>-<partition>-<offset>` of the origin: a record that is lettered twice is one document.
std::string letter_document_id(const Item& item);
/// The document for `dead-letters-index`, on one line. The letter must have been written.
std::string letter_document(const Item& item, Timestamp at);

}  // namespace tributary::indexing
