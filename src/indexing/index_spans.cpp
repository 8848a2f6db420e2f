#include "indexing/index_spans.h"

#include <algorithm>
#include <utility>

namespace tributary::indexing {

void IndexSpans::add(const Item& item, std::string_view failure) {
    if (!tracer_.is_exporting()) return;
    const std::string traceparent(item.traceparent());
    const std::string key = traceparent + ' ' + item.record.topic;
    auto found = groups_.find(key);
    if (found == groups_.end()) {
        auto span =
            tracer_.begin("index " + item.record.topic, tracing::Span::Kind::consumer, traceparent);
        if (!span) return;
        Group group{std::move(*span), item.record.topic, item.event_id(), 0};
        found = groups_.emplace(key, std::move(group)).first;
    }
    Group& group = found->second;
    ++group.events;
    tracer_.begun_at(group.span, std::min(group.span.began, item.taken_at));
    if (!failure.empty()) group.span.failure = failure;
}

void IndexSpans::end_turn() {
    for (auto& [key, group] : groups_) {
        group.span.set("messaging.system", "kafka");
        group.span.set("messaging.operation.type", "process");
        group.span.set("messaging.destination.name", group.topic);
        group.span.set("messaging.batch.message_count", static_cast<std::int64_t>(group.events));
        if (group.events == 1) group.span.set("messaging.message.id", group.event_id);
        tracer_.end(std::move(group.span));
    }
    groups_.clear();
}

}  // namespace tributary::indexing
