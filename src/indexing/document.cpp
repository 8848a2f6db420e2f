#include "indexing/document.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <string_view>

#include "base/rfc3339.h"

namespace tributary::indexing {
namespace {

constexpr std::array<std::string_view, 4> kReserved{"@timestamp", "pipeline", "kafka", "text"};

/// The index behind the string that begins at `begin`.
std::size_t end_of_string(std::string_view json, std::size_t begin) {
    std::size_t at = begin + 1;
    while (at < json.size() && json[at] != '"') at += json[at] == '\\' ? 2 : 1;
    return std::min(at + 1, json.size());
}

/// A key may be spelled with escapes; then it is what they mean.
std::string key_of(std::string_view literal) {
    if (literal.find('\\') == std::string_view::npos) {
        return std::string(literal.substr(1, literal.size() - 2));
    }
    boost::system::error_code error;
    const auto parsed = boost::json::parse(literal, error);
    const auto* text = error ? nullptr : parsed.if_string();
    return text ? std::string(*text) : std::string();
}

bool is_key(std::string_view json, std::size_t end_of_literal) {
    const std::size_t next = json.find_first_not_of(" \t", end_of_literal);
    return next != std::string_view::npos && json[next] == ':';
}

bool is_reserved(const std::string& key) {
    return std::ranges::find(kReserved, key) != kReserved.end();
}

}  // namespace

std::optional<std::string> reserved_attribute(const event::Event& event) {
    const std::string_view json = event.json;
    int depth = 0;
    std::size_t at = 0;
    while (at < json.size()) {
        if (event.data_size > 0 && at == event.data_begin) {
            at += event.data_size;  // The bulk of the event; its keys are its own.
            continue;
        }
        if (json[at] == '"') {
            const std::size_t end = end_of_string(json, at);
            if (depth == 1 && is_key(json, end)) {
                auto key = key_of(json.substr(at, end - at));
                if (is_reserved(key)) return key;
            }
            at = end;
            continue;
        }
        if (json[at] == '{' || json[at] == '[') ++depth;
        if (json[at] == '}' || json[at] == ']') --depth;
        ++at;
    }
    return std::nullopt;
}

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
