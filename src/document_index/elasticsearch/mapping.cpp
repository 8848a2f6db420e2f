#include "document_index/elasticsearch/mapping.h"

#include <boost/json.hpp>
#include <cstdint>
#include <fmt/format.h>
#include <string_view>

namespace tributary::document_index::elasticsearch {
namespace {

namespace json = boost::json;

/// Lucene takes terms of 32,766 bytes, and a character may have four.
constexpr int kLongestKeyword = 8'191;
/// Above an operator's catch-all templates.
constexpr int kPriority = 500;

json::object keyword() {
    return {{"type", "keyword"}, {"ignore_above", kLongestKeyword}};
}
/// A value that does not fit is left out of the index, and stays in `_source` and in the text.
json::object lenient(std::string_view type) {
    return {{"type", json::string(type)}, {"ignore_malformed", true}};
}
json::object number() {
    auto field = lenient("double");
    field["coerce"] = true;
    return field;
}

json::object type_of(event::FieldKind kind) {
    switch (kind) {
        case event::FieldKind::text:
            return {{"type", "text"}, {"fields", {{"keyword", keyword()}}}};
        case event::FieldKind::number: return number();
        case event::FieldKind::date: return lenient("date");
        // Old servers reject a document for a value that is no boolean; as words all of them fit,
        // and can still be counted.
        case event::FieldKind::boolean:
        case event::FieldKind::keyword: return keyword();
    }
    return keyword();
}

json::object origin() {
    return {{"properties",
             {{"topic", keyword()},
              {"partition", {{"type", "integer"}}},
              {"offset", {{"type", "long"}}}}}};
}

json::object pipeline() {
    return {{"properties",
             {{"received_at", {{"type", "date"}}},
              {"published_at", {{"type", "date"}}},
              {"indexed_at", {{"type", "date"}}},
              {"digest", keyword()},
              {"latency_ms", {{"type", "long"}}}}}};
}

/// What every document has, dead letters included.
json::object common_properties() {
    json::object properties;
    for (const char* name : {"id", "source", "type", "subject", "specversion", "datacontenttype",
                             "traceparent", "reason", "state", "key", "redriven_from"}) {
        properties[name] = keyword();
    }
    properties["status"] = lenient("integer");
    properties["value_bytes"] = lenient("long");
    properties["time"] = lenient("date");
    properties["@timestamp"] = lenient("date");
    properties["pipeline"] = pipeline();
    properties["kafka"] = origin();
    properties["origin"] = origin();
    // Searched for words, never for phrases, never ranked.
    properties["text"] = {{"type", "text"}, {"norms", false}, {"index_options", "docs"}};
    return properties;
}

/// FNV-1a: the same in every build, unlike std::hash.
std::string fingerprint_of(std::string_view text) {
    std::uint64_t hash = 0xcbf29ce484222325;
    for (const char c : text) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    }
    return fmt::format("{:016x}", hash);
}

}  // namespace

Mapping mapping_of(const std::vector<event::Field>& fields) {
    json::object data_properties;
    for (const event::Field& field : fields) data_properties[field.name] = type_of(field.kind);
    json::object properties = common_properties();
    properties["data"] = {{"dynamic", false}, {"properties", std::move(data_properties)}};
    json::object mapping{{"dynamic", false}, {"properties", std::move(properties)}};
    auto fingerprint = fingerprint_of(json::serialize(mapping));
    mapping["_meta"] = {{"tributary_version", kInstalledVersion}, {"fingerprint", fingerprint}};
    return {json::serialize(mapping), std::move(fingerprint)};
}

std::string template_of(const std::string& index, const Mapping& mapping,
                        bool forbids_auto_creation) {
    json::object made{
        {"index_patterns", json::array{json::string(index)}},
        {"priority", kPriority},
        {"version", kInstalledVersion},
        {"_meta", {{"tributary_version", kInstalledVersion}, {"fingerprint", mapping.fingerprint}}},
        {"template",
         {{"settings", {{"index", {{"auto_expand_replicas", "0-1"}}}}},
          {"mappings", json::parse(mapping.json)}}}};
    if (forbids_auto_creation) made["allow_auto_create"] = false;
    return json::serialize(made);
}

}  // namespace tributary::document_index::elasticsearch
