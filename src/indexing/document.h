#pragma once

#include <string>

#include "base/clock.h"
#include "indexing/item.h"

namespace tributary::indexing {

/// The document of a decoded event, on one line: the event's own bytes, and behind them
/// `@timestamp`, `pipeline`, `kafka` and `text`. Written by splicing, so that the event stays what
/// the client sent and large ones cost no tree. No event has attributes of these names: the decoder
/// refuses them.
std::string compose_document(const Item& item, Timestamp indexed_at);

}  // namespace tributary::indexing
