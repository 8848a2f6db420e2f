#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "event/event.h"
#include "indexing/item.h"

namespace tributary::indexing {

/// The name of an attribute of the event that the document needs for itself; none is normal.
std::optional<std::string> reserved_attribute(const event::Event& event);

/// The document of a decoded event, on one line: the event's own bytes, and behind them
/// `@timestamp`, `pipeline`, `kafka` and `text`. Written by splicing, so that the event stays what
/// the client sent and large ones cost no tree. The event must have no `reserved_attribute`.
std::string compose_document(const Item& item, Timestamp indexed_at);

}  // namespace tributary::indexing
