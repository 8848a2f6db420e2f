#include "indexing/document.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>

#include "base/rfc3339.h"
#include "event/json_text.h"

namespace tributary::indexing {

std::string compose_document(const Item& item, Timestamp indexed_at) {
    constexpr std::size_t kPipelineAndKafkaBytes = 400;
    const event::Event& event = item.stored.event;
    const event_log::Record& record = item.record;
    const auto latency = std::max<std::int64_t>(0, (indexed_at - item.received_at).count());

    std::string document;
    document.reserve(event.json.size() + event.time.size() + record.topic.size() +
                     item.stored.text.size() + kPipelineAndKafkaBytes);
    document.append(event.json, 0, event.json.rfind('}'));
    document += R"(,"@timestamp":)";
    event::append_json_string(document, event.time);
    document += R"(,"pipeline":{"received_at":")";
    document += format_rfc3339(item.received_at);
    document += R"(","published_at":")";
    document += format_rfc3339(record.timestamp);
    document += R"(","indexed_at":")";
    document += format_rfc3339(indexed_at);
    document += R"(","digest":")";
    document += item.digest;
    fmt::format_to(std::back_inserter(document), R"(","latency_ms":{}}},"kafka":{{"topic":)",
                   latency);
    event::append_json_string(document, record.topic);
    fmt::format_to(std::back_inserter(document), R"(,"partition":{},"offset":{}}},"text":)",
                   record.partition, record.offset);
    event::append_json_string(document, item.stored.text);
    document += '}';
    return document;
}

}  // namespace tributary::indexing
