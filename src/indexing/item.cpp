#include "indexing/item.h"

#include <utility>

#include "base/rfc3339.h"
#include "tracing/trace_context.h"

namespace tributary::indexing {
namespace {

/// The header that the Producer wrote; without it, the time at which the log took the record.
Timestamp received_at_of(const event_log::Record& record) {
    return parse_rfc3339(record.header("tributary-received-at")).value_or(record.timestamp);
}

std::unique_ptr<DeadLetter> undecodable(const event::Rejection& rejection) {
    constexpr std::size_t kMaxViolations = 10;
    auto letter = std::make_unique<DeadLetter>();
    letter->event_id = rejection.id;
    letter->judgement = {Verdict::undecodable, 0, rejection.detail};
    for (std::size_t i = 0; i < rejection.violations.size() && i < kMaxViolations; ++i) {
        const event::Violation& violation = rejection.violations[i];
        letter->judgement.detail += " " + violation.pointer + ": " + violation.message;
    }
    return letter;
}

}  // namespace

ItemPtr ItemMaker::make(event_log::Record record, std::uint64_t assignment) {
    auto item = std::make_unique<Item>();
    item->assignment = assignment;
    item->received_at = received_at_of(record);
    auto decoded = decoder_.decode(record.topic, record.value);
    if (decoded) {
        const event::Event& event = decoded->event;
        item->document_id = event::document_id(event.source, event.id);
        item->digest = digest_.of(event.type->name, event.data());
        item->stored = *std::move(decoded);
    } else {
        item->letter = undecodable(decoded.error());
    }
    item->record = std::move(record);
    item->is_sampled = tracing::is_sampled(item->traceparent());
    item->share = BufferShare(usage_, item->bytes());
    return item;
}

}  // namespace tributary::indexing
