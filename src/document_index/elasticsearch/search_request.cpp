#include "document_index/elasticsearch/search_request.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <simdjson.h>

#include "base/rfc3339.h"
#include "document_index/elasticsearch/cursor.h"
#include "http/message.h"

namespace tributary::document_index::elasticsearch {
namespace {

namespace json = boost::json;

Result<void> check(const Query& query) {
    if (auto within = check_limits(query); !within) return within;
    for (const std::string* text : {&query.text, &query.id}) {
        if (!simdjson::validate_utf8(*text)) {
            return fail(ErrorCode::invalid_input, "What is searched for is not valid UTF-8.");
        }
    }
    return {};
}

bool has_words(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > ' '; });
}

/// Years beyond what the date parser reads are no use as bounds.
std::string date_of(Timestamp time) {
    using std::chrono::sys_days;
    constexpr Timestamp kFirst = sys_days(std::chrono::year(1) / 1 / 1);
    constexpr Timestamp kLast = sys_days(std::chrono::year(9999) / 12 / 31);
    return format_rfc3339(
        std::clamp(time, kFirst, kLast + std::chrono::hours(24) - std::chrono::milliseconds(1)));
}

json::object term(std::string_view field, json::value value) {
    return {{"term", {{field, std::move(value)}}}};
}

json::array filters_of(const Query& query) {
    json::array filters;
    if (has_words(query.text)) {
        filters.push_back(
            json::object{{"match", {{"text", {{"query", query.text}, {"operator", "and"}}}}}});
    }
    if (!query.id.empty()) filters.push_back(term("id", json::string(query.id)));
    json::object range;
    if (query.after) range["gte"] = date_of(*query.after);
    if (query.before) range["lt"] = date_of(*query.before);
    if (!range.empty()) {
        filters.push_back(json::object{{"range", {{"pipeline.received_at", std::move(range)}}}});
    }
    return filters;
}

json::object descending(std::string_view field, std::string_view type, json::value missing) {
    return {{field, {{"order", "desc"}, {"missing", std::move(missing)}, {"unmapped_type", type}}}};
}

/// By time; the rest makes the order complete, so that a cursor neither skips nor repeats: no two
/// documents of an index come from the same record.
json::array sort_order() {
    json::array order;
    order.push_back(descending("pipeline.received_at", "date", 0));
    order.push_back(json::object{{"_index", "desc"}});
    order.push_back(descending("kafka.topic", "keyword", ""));
    order.push_back(descending("kafka.partition", "integer", -1));
    order.push_back(descending("kafka.offset", "long", -1));
    order.push_back(descending("id", "keyword", ""));
    return order;
}

}  // namespace

Result<PageRequest> page_request(const Query& query) {
    if (auto fine = check(query); !fine) return std::unexpected(fine.error());
    PageRequest page;
    json::object body{{"track_total_hits", true},
                      {"query", {{"bool", {{"filter", filters_of(query)}}}}},
                      {"sort", sort_order()}};
    // One more than the page needs tells whether there is a next one.
    const std::size_t window = query.size == 0 ? 0 : query.size + 1;
    if (query.cursor.empty()) {
        body["from"] = query.from;
        body["size"] = std::min(window, kMaxWindow - query.from);
    } else {
        const auto sort_values = sort_values_of(query.cursor);
        if (!sort_values) return std::unexpected(sort_values.error());
        body["search_after"] = json::parse(*sort_values);
        body["size"] = std::min(query.from + window, kMaxWindow);
        page.skipped = query.from;
    }
    page.body = json::serialize(body);
    return page;
}

std::string count_request(const std::string& topic,
                          const std::map<std::int32_t, std::int64_t>& offset_below) {
    json::array partitions;
    for (const auto& [partition, bound] : offset_below) {
        json::object below{{"range", {{"kafka.offset", {{"lt", bound}}}}}};
        partitions.push_back(json::object{
            {"bool",
             {{"filter", json::array{term("kafka.partition", partition), std::move(below)}}}}});
    }
    json::object query{{"filter", json::array{term("kafka.topic", json::string(topic))}},
                       {"should", std::move(partitions)},
                       {"minimum_should_match", 1}};
    const json::object body{
        {"size", 0},
        {"query", {{"bool", std::move(query)}}},
        {"aggs",
         {{"partitions",
           {{"terms", {{"field", "kafka.partition"}, {"size", offset_below.size()}}}}}}}};
    return json::serialize(body);
}

std::string search_target(const std::vector<std::string>& indices) {
    std::string names;
    for (const std::string& index : indices) {
        if (!names.empty()) names += ',';
        names += http::percent_encode(index, true);
    }
    return fmt::format(
        "/{}/_search?ignore_unavailable=true&allow_no_indices=true"
        "&allow_partial_search_results=false",
        names);
}

}  // namespace tributary::document_index::elasticsearch
