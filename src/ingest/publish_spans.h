#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event_log/event_log.h"
#include "tracing/tracer.h"

namespace tributary::ingest {

/// The spans of handing one request's events to the log: one for all events of one trace and topic.
/// Without exported spans it does nothing, for nothing.
class PublishSpans {
public:
    PublishSpans() = default;
    /// `parent` is the request's own span, empty where it has none: the parent of those in its
    /// trace. `tracer` must outlive this object.
    PublishSpans(tracing::Tracer& tracer, std::string_view parent)
        : tracer_(&tracer), parent_(parent) {}

    /// The next record, and the `traceparent` that goes with it into the log.
    std::string add(const std::string& traceparent, const std::string& topic,
                    const std::string& event_id);
    /// The log's report on all records, in their order.
    void end(const std::vector<event_log::AppendOutcome>& outcomes);

private:
    struct Group {
        std::string topic;
        std::string event_id;  ///< Of its first event.
        tracing::Span span;
        std::size_t events = 0;
        std::optional<event_log::LogPosition> position;  ///< Of its first event.
    };
    static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
    std::size_t find_or_begin(const std::string& traceparent, const std::string& topic,
                              const std::string& event_id);

    tracing::Tracer* tracer_ = nullptr;
    std::string parent_;
    std::vector<Group> groups_;
    std::map<std::string, std::size_t> group_of_key_;  ///< By traceparent, space, topic.
    std::vector<std::size_t> group_of_record_;
};

}  // namespace tributary::ingest
