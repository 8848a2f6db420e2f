#include "document_index/elasticsearch/elasticsearch_searcher.h"

#include <fmt/format.h>
#include <simdjson.h>

#include "document_index/elasticsearch/cursor.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/search_request.h"
#include "http/message.h"

namespace tributary::document_index::elasticsearch {
namespace {

namespace ondemand = simdjson::ondemand;
using simdjson::error_code;

/// Servers take about a thousand clauses in one query.
constexpr std::size_t kMaxPartitionsAtOnce = 500;

struct FoundHit {
    Hit hit;
    std::string sort;
};
struct FoundPage {
    std::uint64_t total = 0;
    std::vector<FoundHit> hits;
};

std::unexpected<Error> not_understood(error_code error) {
    return fail(ErrorCode::unavailable,
                fmt::format("The answer to a search is not what Elasticsearch answers ({}).",
                            simdjson::error_message(error)));
}

/// A query that the server finds fault with is the caller's, not the server's.
std::unexpected<Error> search_failure(const http::Response& response) {
    Error error = request_failure(response, "search");
    const bool is_ours = response.status == 400 ||
                         response.body.find("too_many_clauses") != std::string::npos ||
                         response.body.find("too_many_nested_clauses") != std::string::npos;
    return fail(is_ours ? ErrorCode::invalid_input : ErrorCode::unavailable,
                std::move(error.message));
}

error_code read_text(ondemand::value value, std::string& text) {
    std::string_view found;
    if (auto failure = value.get_string().get(found)) return failure;
    text = found;
    return simdjson::SUCCESS;
}

error_code read_raw(ondemand::value value, std::string& json) {
    std::string_view raw;
    if (auto failure = simdjson::to_json_string(value).get(raw)) return failure;
    json = raw;
    return simdjson::SUCCESS;
}

error_code read_hit(ondemand::object object, FoundHit& found) {
    for (auto entry : object) {
        std::string_view name;
        if (auto failure = entry.unescaped_key().get(name)) return failure;
        ondemand::value value;
        if (auto failure = entry.value().get(value)) return failure;
        error_code failure = simdjson::SUCCESS;
        if (name == "_index") {
            failure = read_text(value, found.hit.index);
        } else if (name == "_id") {
            failure = read_text(value, found.hit.id);
        } else if (name == "_source") {
            failure = read_raw(value, found.hit.json);
        } else if (name == "sort") {
            failure = read_raw(value, found.sort);
        }
        if (failure) return failure;
    }
    return simdjson::SUCCESS;
}

error_code read_page(ondemand::document& document, FoundPage& page) {
    ondemand::object hits;
    if (auto failure = document["hits"].get_object().get(hits)) return failure;
    if (auto failure = hits["total"]["value"].get_uint64().get(page.total)) return failure;
    ondemand::array found;
    if (auto failure = hits["hits"].get_array().get(found)) return failure;
    for (auto element : found) {
        ondemand::object hit;
        if (auto failure = element.get_object().get(hit)) return failure;
        if (auto failure = read_hit(hit, page.hits.emplace_back())) return failure;
    }
    return simdjson::SUCCESS;
}

using Counts = std::map<std::int32_t, std::uint64_t>;

/// Where no index exists there are no aggregations.
error_code read_counts(std::string_view body, Counts& counts) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (auto failure = parser.parse(body.data(), body.size()).get(root)) return failure;
    simdjson::dom::array buckets;
    if (root.at_pointer("/aggregations/partitions/buckets").get(buckets) != simdjson::SUCCESS) {
        return simdjson::SUCCESS;
    }
    for (const auto bucket : buckets) {
        std::int64_t partition = 0;
        std::uint64_t count = 0;
        if (auto failure = bucket["key"].get(partition)) return failure;
        if (auto failure = bucket["doc_count"].get(count)) return failure;
        counts[static_cast<std::int32_t>(partition)] += count;
    }
    return simdjson::SUCCESS;
}

/// OpenSearch names itself as its distribution, Elasticsearch names none.
error_code read_engine(std::string_view body, std::string& engine) {
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (auto failure = parser.parse(body.data(), body.size()).get(root)) return failure;
    std::string_view number;
    if (auto failure = root.at_pointer("/version/number").get(number)) return failure;
    std::string_view distribution;
    if (root.at_pointer("/version/distribution").get(distribution) != simdjson::SUCCESS) {
        distribution = "Elasticsearch";
    }
    engine =
        fmt::format("{} {}", distribution == "opensearch" ? "OpenSearch" : distribution, number);
    return simdjson::SUCCESS;
}

Page page_of(FoundPage found, const Query& query, std::size_t skipped) {
    Page page;
    page.total = found.total;
    const std::size_t end = std::min(found.hits.size(), skipped + query.size);
    for (std::size_t i = skipped; i < end; ++i) {
        page.hits.push_back(std::move(found.hits[i].hit));
    }
    const bool is_full = page.hits.size() == query.size && !page.hits.empty();
    // At the end of the window no hit more could be asked for.
    const bool is_window_full = found.hits.size() == end && query.from + query.size == kMaxWindow &&
                                page.total > kMaxWindow;
    if (is_full && (found.hits.size() > end || is_window_full)) {
        page.cursor = cursor_of(found.hits[end - 1].sort);
    }
    return page;
}

}  // namespace

Result<Page> ElasticsearchSearcher::search(const Query& query) {
    const auto request = page_request(query);
    if (!request) return std::unexpected(request.error());
    if (query.indices.empty()) return Page();
    auto response = ask({"POST", search_target(query.indices), request->body});
    if (!response) return std::unexpected(std::move(response.error()));
    if (response->status != 200) return search_failure(*response);
    FoundPage found;
    ondemand::parser parser;
    ondemand::document document;
    const simdjson::padded_string body(response->body);
    if (auto failure = parser.iterate(body).get(document)) return not_understood(failure);
    if (auto failure = read_page(document, found)) return not_understood(failure);
    return page_of(std::move(found), query, request->skipped);
}

Result<Hit> ElasticsearchSearcher::get(const std::string& index, const std::string& id) {
    auto response = ask({"GET", fmt::format("/{}/_doc/{}", http::percent_encode(index, true),
                                            http::percent_encode(id, true))});
    if (!response) return std::unexpected(std::move(response.error()));
    if (response->status == 404) {
        return fail(ErrorCode::not_found,
                    fmt::format("There is no document '{}' in the index '{}'.", id, index));
    }
    if (response->status != 200) return search_failure(*response);
    FoundHit found;
    ondemand::parser parser;
    ondemand::document document;
    const simdjson::padded_string body(response->body);
    ondemand::object object;
    if (auto failure = parser.iterate(body).get(document)) return not_understood(failure);
    if (auto failure = document.get_object().get(object)) return not_understood(failure);
    if (auto failure = read_hit(object, found)) return not_understood(failure);
    return std::move(found.hit);
}

Result<Counts> ElasticsearchSearcher::count_by_partition(
    const std::string& index, const std::string& topic,
    const std::map<std::int32_t, std::int64_t>& offset_below) {
    // A document is counted from the index's next refresh on. Whoever may not ask for one counts
    // what is there.
    const auto refreshed = ask({"POST", fmt::format("/{}/_refresh?ignore_unavailable=true",
                                                    http::percent_encode(index, true))});
    if (!refreshed) return std::unexpected(refreshed.error());
    Counts counts;
    for (auto next = offset_below.begin(); next != offset_below.end();) {
        std::map<std::int32_t, std::int64_t> some;
        while (next != offset_below.end() && some.size() < kMaxPartitionsAtOnce) {
            some.insert(*next++);
        }
        auto response = ask({"POST", search_target({index}), count_request(topic, some)});
        if (!response) return std::unexpected(std::move(response.error()));
        if (response->status != 200) return search_failure(*response);
        if (auto failure = read_counts(response->body, counts)) return not_understood(failure);
    }
    return counts;
}

Result<std::string> ElasticsearchSearcher::engine() {
    auto response = ask({"GET", "/"});
    if (!response) return std::unexpected(std::move(response.error()));
    if (response->status != 200) return search_failure(*response);
    std::string engine;
    if (auto failure = read_engine(response->body, engine)) return not_understood(failure);
    return engine;
}

Result<http::Response> ElasticsearchSearcher::ask(const ClusterRequest& request) {
    std::unique_ptr<ClusterClient> client;
    {
        const std::scoped_lock lock(mutex_);
        if (!idle_.empty()) {
            client = std::move(idle_.back());
            idle_.pop_back();
        }
    }
    if (!client) client = std::make_unique<ClusterClient>(cluster_);
    auto response = client->send(
        request, std::chrono::steady_clock::now() + cluster_->settings().search_deadline);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(client));
    if (!response) return std::unexpected(connection_failure(response.error(), "search"));
    return response;
}

}  // namespace tributary::document_index::elasticsearch
