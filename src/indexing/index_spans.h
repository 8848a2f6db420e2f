#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>

#include "base/clock.h"
#include "indexing/item.h"
#include "tracing/tracer.h"

namespace tributary::indexing {

/// The spans of bringing records to their ends: one for all records of one trace, or batch of it,
/// that ended in one turn. Without exported spans it does nothing, for nothing. One thread.
class IndexSpans {
public:
    /// `tracer` must outlive this object.
    explicit IndexSpans(tracing::Tracer& tracer) : tracer_(tracer) {}

    /// A record that is done; `failure` names the reason of a dead letter, else it is empty.
    void add(const Item& item, std::string_view failure);
    /// Ends the spans of all that was added.
    void end_turn();

private:
    struct Group {
        tracing::Span span;
        std::string topic;
        std::string event_id;  ///< Of its first event.
        std::size_t events = 0;
    };
    tracing::Tracer& tracer_;
    std::map<std::string, Group, std::less<>> groups_;  ///< By traceparent, space, topic.
};

}  // namespace tributary::indexing
