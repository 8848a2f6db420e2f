#include "indexing/document.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/rfc3339.h"

namespace tributary::indexing {

std::string compose_document(const Item& item, Timestamp indexed_at) {
    const event::Event& event = item.event->event;
    const auto latency = std::max<std::int64_t>(0, (indexed_at - item.received_at).count());
    const std::string provenance = fmt::format(
        R"(,"@timestamp":{},"pipeline":{{"received_at":"{}","published_at":"{}","indexed_at":"{}",)"
        R"("digest":"{}","latency_ms":{}}},"kafka":{{"topic":{},"partition":{},"offset":{}}})",
        boost::json::serialize(boost::json::string_view(event.time)),
        format_rfc3339(item.received_at), format_rfc3339(item.record.timestamp),
        format_rfc3339(indexed_at), item.digest, latency,
        boost::json::serialize(boost::json::string_view(item.record.topic)), item.record.partition,
        item.record.offset);
    const std::string text = boost::json::serialize(boost::json::string_view(item.event->text));

    std::string document;
    document.reserve(event.json.size() + provenance.size() + text.size() + 16);
    document.append(event.json, 0, event.json.rfind('}'));
    document += provenance;
    document += R"(,"text":)";
    document += text;
    document += '}';
    return document;
}

}  // namespace tributary::indexing
