#include "console/event_way.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <set>

#include "base/rfc3339.h"

namespace tributary::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxMatches = 100;
constexpr std::size_t kPageRecords = 1'000;
constexpr std::size_t kMaxRecordsSearched = 50'000;

/// The value at `path` within nested objects, or null.
json::value at_path(const json::value& document, std::initializer_list<const char*> path) {
    const json::value* value = &document;
    for (const char* name : path) {
        const json::object* object = value->if_object();
        const json::value* next = object != nullptr ? object->if_contains(name) : nullptr;
        if (next == nullptr) return nullptr;
        value = next;
    }
    return *value;
}

json::object stage(const char* name, json::value time) {
    json::object object;
    object["stage"] = name;
    object["time"] = std::move(time);
    return object;
}

/// What is the same for every match: the first two stages and the event's own attributes.
json::object match_of(const char* state, const json::value& event, json::value received_at,
                      json::value published_at, const event_log::TopicPartition& partition,
                      json::value offset) {
    json::object match;
    match["state"] = state;
    for (const char* name : {"type", "source", "subject", "traceparent"}) {
        match[name] = at_path(event, {name});
    }
    json::object published = stage("published", std::move(published_at));
    published["topic"] = partition.topic;
    published["partition"] = partition.partition;
    published["offset"] = std::move(offset);
    match["stages"] = json::array{stage("received", std::move(received_at)), std::move(published)};
    return match;
}

template <class Integer>
Integer integer_or(const json::value& value, Integer otherwise) {
    return value.is_number() ? value.to_number<Integer>() : otherwise;
}

std::string text_or_empty(const json::value& value) {
    return value.is_string() ? std::string(value.as_string()) : std::string();
}

json::object indexed_match(const document_index::Hit& hit, const json::value& document) {
    const event_log::TopicPartition partition(
        text_or_empty(at_path(document, {"kafka", "topic"})),
        integer_or<std::int32_t>(at_path(document, {"kafka", "partition"}), -1));
    json::object match =
        match_of("indexed", document, at_path(document, {"pipeline", "received_at"}),
                 at_path(document, {"pipeline", "published_at"}), partition,
                 at_path(document, {"kafka", "offset"}));
    json::object indexed = stage("indexed", at_path(document, {"pipeline", "indexed_at"}));
    indexed["index"] = hit.index;
    indexed["verdict"] = "created";
    match["stages"].as_array().push_back(std::move(indexed));
    match["latency_ms"] = at_path(document, {"pipeline", "latency_ms"});
    match["index"] = hit.index;
    match["document_id"] = hit.id;
    return match;
}

/// What was done with a dead letter, as a stage; nothing while it is open.
void add_action(const json::value& letter, json::array& stages) {
    const json::value state = at_path(letter, {"state"});
    const json::value action = at_path(letter, {"action"});
    if (!action.is_object() || !state.is_string()) return;
    json::object done = stage(state.as_string().c_str(), at_path(action, {"at"}));
    done["by"] = at_path(action, {"by"});
    if (state == "redriven") {
        done["topic"] = at_path(letter, {"origin", "topic"});
        done["partition"] = at_path(action, {"partition"});
        done["offset"] = at_path(action, {"offset"});
    }
    stages.push_back(std::move(done));
}

json::object dead_letter_match(const document_index::Hit& hit, const json::value& document) {
    const event_log::TopicPartition origin(
        text_or_empty(at_path(document, {"origin", "topic"})),
        integer_or<std::int32_t>(at_path(document, {"origin", "partition"}), -1));
    json::object match =
        match_of("dead-lettered", document, at_path(document, {"pipeline", "received_at"}),
                 at_path(document, {"pipeline", "published_at"}), origin,
                 at_path(document, {"origin", "offset"}));
    json::object dead_lettered = stage("dead-lettered", at_path(document, {"@timestamp"}));
    for (const char* name : {"reason", "detail", "origin", "dlq", "state"}) {
        dead_lettered[name] = at_path(document, {name});
    }
    json::array& stages = match["stages"].as_array();
    stages.push_back(std::move(dead_lettered));
    add_action(document, stages);
    match["index"] = hit.index;
    match["document_id"] = hit.id;
    return match;
}

/// The match with the stored document as it is: numbers keep their spelling.
std::string with_document(const json::object& match, const std::string& document) {
    std::string text = json::serialize(match);
    text.back() = ',';
    return text + "\"document\":" + document + "}";
}

/// Looks through what the group has not committed yet.
class WaitingRecords {
public:
    WaitingRecords(event_log::Inspector& inspector, const std::string& group, const std::string& id,
                   const std::set<std::string>& found)
        : inspector_(inspector), group_(group), id_(id), found_(found) {}

    Result<void> search(const event_log::TopicPartition& partition,
                        std::vector<std::string>& matches) {
        const auto range = inspector_.range(partition);
        if (!range) return std::unexpected(range.error());
        const auto committed = inspector_.committed(group_, partition);
        std::int64_t offset = committed ? committed->offset : range->first;
        std::size_t searched = 0;
        while (offset < range->end) {
            if (searched >= kMaxRecordsSearched) {
                is_incomplete_ = true;
                return {};
            }
            const auto records = inspector_.read(partition, offset, kPageRecords);
            if (!records) return std::unexpected(records.error());
            if (records->empty()) return {};
            for (const event_log::Record& record : *records) add_if_it_is(record, matches);
            offset = records->back().offset + 1;
            searched += records->size();
        }
        return {};
    }
    [[nodiscard]] bool is_incomplete() const { return is_incomplete_; }

private:
    void add_if_it_is(const event_log::Record& record, std::vector<std::string>& matches) const {
        if (record.value.find(id_) == std::string::npos) return;
        boost::system::error_code failure;
        const json::value event = json::parse(record.value, failure);
        if (failure || text_or_empty(at_path(event, {"id"})) != id_) return;
        const event_log::TopicPartition partition(record.topic, record.partition);
        const std::string origin = record.topic + "/" + std::to_string(record.partition) + "/" +
                                   std::to_string(record.offset);
        // Indexed already, only not committed yet.
        if (found_.contains(origin)) return;
        matches.push_back(json::serialize(
            match_of("in-flight", event, json::string(record.header("tributary-received-at")),
                     json::string(format_rfc3339(record.timestamp)), partition, record.offset)));
    }

    event_log::Inspector& inspector_;
    const std::string& group_;
    const std::string& id_;
    const std::set<std::string>& found_;
    bool is_incomplete_ = false;
};

/// The coordinates that a document names as its origin.
std::string origin_of(const json::value& document, const char* member) {
    return text_or_empty(at_path(document, {member, "topic"})) + "/" +
           std::to_string(integer_or<std::int64_t>(at_path(document, {member, "partition"}), -1)) +
           "/" +
           std::to_string(integer_or<std::int64_t>(at_path(document, {member, "offset"}), -1));
}

}  // namespace

Result<std::string> event_way(const std::string& id, const event::Catalog& catalog,
                              document_index::Searcher& searcher, event_log::Inspector& inspector,
                              const std::string& group) {
    document_index::Query query;
    for (const event::EntityType& type : catalog.types()) query.indices.push_back(type.index);
    query.indices.emplace_back(document_index::kDeadLettersIndex);
    query.id = id;
    query.size = kMaxMatches;
    const auto page = searcher.search(query);
    if (!page) return std::unexpected(page.error());

    std::vector<std::string> matches;
    std::set<std::string> found;
    for (const document_index::Hit& hit : page->hits) {
        boost::system::error_code failure;
        const json::value document = json::parse(hit.json, failure);
        if (failure) continue;
        const bool is_letter = hit.index == document_index::kDeadLettersIndex;
        found.insert(origin_of(document, is_letter ? "origin" : "kafka"));
        matches.push_back(with_document(
            is_letter ? dead_letter_match(hit, document) : indexed_match(hit, document), hit.json));
    }

    WaitingRecords waiting(inspector, group, id, found);
    for (const event::EntityType& type : catalog.types()) {
        const auto partitions = inspector.partitions(type.topic);
        if (!partitions) continue;  // A topic that does not exist yet holds nothing.
        for (const auto& partition : *partitions) {
            if (auto searched = waiting.search(partition, matches); !searched) {
                return std::unexpected(searched.error());
            }
        }
    }
    return fmt::format(R"({{"id":{},"matches":[{}]{}}})", json::serialize(json::string(id)),
                       fmt::join(matches, ","),
                       waiting.is_incomplete() ? R"(,"incomplete":true)" : "");
}

}  // namespace tributary::console
