#include <boost/json.hpp>
#include <fmt/format.h>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"
#include "tracing/trace_context.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;

/// The request that `send` makes of its options.
Result<http::Request> event_request(const SendOptions& options) {
    http::Request request;
    request.method = "POST";
    request.target = "/events";
    request.headers.set("Content-Type", "application/json");
    if (!options.id.empty()) request.headers.set("Idempotency-Key", options.id);
    if (!options.file.empty()) {
        auto content = read_input(options.file);
        if (!content) return std::unexpected(content.error());
        const bool is_ndjson =
            options.file.ends_with(".ndjson") || options.file.ends_with(".jsonl");
        if (is_ndjson) request.headers.set("Content-Type", "application/x-ndjson");
        request.body = std::move(*content);
    } else if (options.type.empty()) {
        request.body = options.data;
    } else {
        request.body = fmt::format(R"({{"type":{},"data":{}}})",
                                   json::serialize(json::string(options.type)), options.data);
    }
    return request;
}

void print_outcome(const json::value& outcome) {
    if (outcome.is_object() && outcome.as_object().contains("topic")) {
        fmt::print("accepted  {}  {}/{} at offset {}\n", member_text(outcome, "id"),
                   member_text(outcome, "topic"), member_text(outcome, "partition"),
                   member_text(outcome, "offset"));
    } else {
        fmt::print("refused   {}  {} {}\n", member_text(outcome, "id"),
                   member_text(outcome, "status"), member_text(outcome, "detail"));
    }
}

/// Prints every receipt and problem of an answer.
void print_outcomes(const json::value& answer) {
    for (const char* list : {"receipts", "results"}) {
        const auto* object = answer.if_object();
        const auto* items = object == nullptr ? nullptr : object->if_contains(list);
        if (items == nullptr || !items->is_array()) continue;
        for (const json::value& item : items->as_array()) print_outcome(item);
        return;
    }
    print_outcome(answer);
}

/// `indexed order from /api, trace 4bf9…`, and a line for each stage.
void print_way(const json::value& match) {
    const std::string source = member_text(match, "source");
    const std::string traceparent = member_text(match, "traceparent");
    fmt::print("{} {}{}{}", member_text(match, "state"), member_text(match, "type"),
               source.empty() ? "" : " from ", source);
    if (tracing::is_traceparent(traceparent)) {
        fmt::print(", trace {}", tracing::trace_id_of(traceparent));
    }
    fmt::print("\n");
    for (const json::value& stage : match.at("stages").as_array()) {
        fmt::print("  {:24}  {}", member_text(stage, "time"), member_text(stage, "stage"));
        for (const auto& [name, value] : stage.as_object()) {
            if (name == "stage" || name == "time" || value.is_null()) continue;
            fmt::print("  {}={}", std::string_view(name), member_text(stage, name));
        }
        fmt::print("\n");
    }
}

}  // namespace

int send(const SendOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    auto request = event_request(options);
    if (!request) return report(request.error());
    const auto response = client->send(std::move(*request));
    if (!response) return report(response.error());
    if (options.client.json) {
        fmt::print("{}\n", response->body);
        return response->status == 200 ? kExitSuccess : kExitFailure;
    }
    if (response->status != 200 && response->status != 207) return report_problem(*response);
    boost::system::error_code failure;
    print_outcomes(json::parse(response->body, failure));
    return response->status == 200 ? kExitSuccess : kExitFailure;
}

int search(const SearchOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    const auto response =
        client->get("/api/events" + query_string({{"type", options.type},
                                                  {"q", options.text},
                                                  {"id", options.id},
                                                  {"after", options.after},
                                                  {"before", options.before},
                                                  {"size", std::to_string(options.size)}}));
    const auto page = expect_json(response);
    if (!page) return page.error();
    if (options.client.json) {
        fmt::print("{}\n", response->body);
        return kExitSuccess;
    }
    const auto& events = page->at("events").as_array();
    for (const json::value& document : events) print_document(document);
    fmt::print("{} of {}\n", events.size(), member_text(*page, "total"));
    return kExitSuccess;
}

int trace(const ClientOptions& options, const std::string& id) {
    auto client = ApiClient::open(options);
    if (!client) return report(client.error());
    const auto response = client->get("/api/events/" + http::percent_encode(id, true));
    const auto way = expect_json(response);
    if (!way) return way.error();
    const auto& matches = way->at("matches").as_array();
    if (options.json) {
        fmt::print("{}\n", response->body);
        return matches.empty() ? kExitFailure : kExitSuccess;
    }
    for (const json::value& match : matches) print_way(match);
    if (matches.empty()) {
        fmt::print(stderr, "Nothing with the id \"{}\" was accepted, or it was trimmed away.\n",
                   id);
        return kExitFailure;
    }
    return kExitSuccess;
}

int ledger(const ClientOptions& options) {
    auto client = ApiClient::open(options);
    if (!client) return report(client.error());
    const auto response = client->get("/api/ledger");
    const auto balance = expect_json(response);
    if (!balance) return balance.error();
    if (options.json) {
        fmt::print("{}\n", response->body);
    } else {
        const auto text = client->get("/api/ledger?format=text");
        if (!text) return report(text.error());
        fmt::print("{}", text->body);
    }
    return member_text(*balance, "balanced") == "true" ? kExitSuccess : kExitFailure;
}

int status(const StatusOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    const auto response = client->get("/api/status");
    const auto parts = expect_json(response);
    if (!parts) return parts.error();
    bool is_ready = true;
    for (const json::value& part : parts->at("parts").as_array()) {
        const bool is_part_ready = member_text(part, "ready") == "true";
        is_ready = is_ready && is_part_ready;
        if (options.is_quiet || options.client.json) continue;
        fmt::print("{:12} {:10} {} {}\n", member_text(part, "name"),
                   is_part_ready ? "ready" : "not ready", member_text(part, "address"),
                   member_text(part, "detail"));
    }
    if (options.client.json) fmt::print("{}\n", response->body);
    return is_ready ? kExitSuccess : kExitFailure;
}

}  // namespace tributary::apps
