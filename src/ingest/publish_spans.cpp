#include "ingest/publish_spans.h"

#include <utility>

#include "base/result.h"

namespace tributary::ingest {

std::string PublishSpans::add(const std::string& traceparent, const std::string& topic,
                              const std::string& event_id) {
    if (tracer_ == nullptr || !tracer_->is_exporting()) return traceparent;
    const std::size_t group =
        tracing::is_sampled(traceparent) ? find_or_begin(traceparent, topic, event_id) : kNone;
    group_of_record_.push_back(group);
    return group == kNone ? traceparent : groups_[group].span.context.traceparent();
}

std::size_t PublishSpans::find_or_begin(const std::string& traceparent, const std::string& topic,
                                        const std::string& event_id) {
    const auto [found, is_new] =
        group_of_key_.try_emplace(traceparent + ' ' + topic, groups_.size());
    if (!is_new) return found->second;
    const bool is_of_request =
        !parent_.empty() && tracing::trace_id_of(parent_) == tracing::trace_id_of(traceparent);
    auto span = tracer_->begin("publish " + topic, tracing::Span::Kind::producer,
                               is_of_request ? parent_ : traceparent);
    if (!span) return found->second = kNone;
    groups_.push_back({topic, event_id, std::move(*span), 0, std::nullopt});
    return found->second;
}

void PublishSpans::end(const std::vector<event_log::AppendOutcome>& outcomes) {
    for (std::size_t i = 0; i < group_of_record_.size() && i < outcomes.size(); ++i) {
        if (group_of_record_[i] == kNone) continue;
        Group& group = groups_[group_of_record_[i]];
        if (!outcomes[i]) {
            group.span.failure = to_string(outcomes[i].error().code);
        } else if (group.events == 0) {
            group.position = *outcomes[i];
        }
        ++group.events;
    }
    for (Group& group : groups_) {
        group.span.set("messaging.system", "kafka");
        group.span.set("messaging.operation.type", "send");
        group.span.set("messaging.destination.name", group.topic);
        group.span.set("messaging.batch.message_count", static_cast<std::int64_t>(group.events));
        if (group.events == 1) group.span.set("messaging.message.id", group.event_id);
        if (group.events == 1 && group.position) {
            group.span.set("messaging.destination.partition.id",
                           std::to_string(group.position->partition));
            group.span.set("messaging.kafka.offset", group.position->offset);
        }
        tracer_->end(std::move(group.span));
    }
    groups_.clear();
}

}  // namespace tributary::ingest
