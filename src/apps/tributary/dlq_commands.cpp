#include <boost/json.hpp>
#include <fmt/format.h>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;

using Members = std::vector<std::pair<std::string, std::string>>;

Members filter_of(const DlqOptions& options) {
    return {{"topic", options.topic}, {"reason", options.reason}, {"event_id", options.event_id},
            {"key", options.key},     {"after", options.after},   {"before", options.before}};
}

bool has_filter(const DlqOptions& options) {
    for (const auto& [name, value] : filter_of(options)) {
        if (!value.empty()) return true;
    }
    return false;
}

void print_letter(const json::value& letter) {
    fmt::print("{}  {:10}  {:9}  {:16}  {}  {}\n", member_text(letter, "at"),
               member_text(letter, "id"), member_text(letter, "state"),
               member_text(letter, "reason"), member_text(letter, "event_id"),
               member_text(letter, "detail"));
}

void print_details(const json::value& letter) {
    for (const char* name : {"id", "state", "reason", "status", "detail", "event_id", "key", "at",
                             "redrives", "origin", "dlq", "action"}) {
        const std::string text = member_text(letter, name);
        if (!text.empty()) fmt::print("{:10}  {}\n", name, text);
    }
    for (const json::value& header : letter.at("headers").as_array()) {
        fmt::print("header      {}: {}\n", member_text(header, "name"),
                   member_text(header, "value"));
    }
    fmt::print("\n{}\n", member_text(letter, "value"));
}

std::string order_body(const DlqOptions& options) {
    json::object body;
    if (options.ids.empty()) {
        json::object filter;
        for (const auto& [name, value] : filter_of(options)) {
            if (!value.empty()) filter[name] = value;
        }
        body["filter"] = std::move(filter);
    } else {
        body["ids"] = json::value_from(options.ids);
    }
    if (!options.by.empty()) body["by"] = options.by;
    if (options.is_dry_run) body["dry_run"] = true;
    if (options.is_forced) body["force"] = true;
    return json::serialize(body);
}

void print_report(const json::value& report) {
    for (const json::value& outcome : report.at("outcomes").as_array()) {
        fmt::print("{:8} {}  {}\n", member_text(outcome, "outcome"), member_text(outcome, "letter"),
                   member_text(outcome, "detail"));
    }
    fmt::print("{} done, {} planned, {} refused, {} failed\n", member_text(report, "done"),
               member_text(report, "planned"), member_text(report, "refused"),
               member_text(report, "failed"));
    if (const std::string left = member_text(report, "left"); left != "0") {
        fmt::print("{} more match: run the same command again for those.\n", left);
    }
    if (const std::string trouble = member_text(report, "index_trouble"); !trouble.empty()) {
        fmt::print("{}\n", trouble);
    }
}

/// `action` is `redrive` or `drop`.
int act(const DlqOptions& options, const std::string& action) {
    if (options.ids.empty() && !has_filter(options) && !options.is_all) {
        return report(Error(ErrorCode::invalid_input,
                            "Say which letters: their ids, a filter such as --reason, or --all."));
    }
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    http::Request request;
    request.method = "POST";
    request.target = "/api/dead-letters/" + action;
    request.headers.set("Content-Type", "application/json");
    request.body = order_body(options);
    const auto response = client->send(std::move(request));
    const auto answer = expect_json(response);
    if (!answer) return answer.error();
    if (options.client.json) {
        fmt::print("{}\n", response->body);
    } else {
        print_report(*answer);
    }
    const bool is_done =
        member_text(*answer, "refused") == "0" && member_text(*answer, "failed") == "0";
    return is_done ? kExitSuccess : kExitFailure;
}

}  // namespace

int dlq_list(const DlqOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    Members query = filter_of(options);
    query.emplace_back("state", options.state == "any" ? "" : options.state);
    query.emplace_back("from", std::to_string(options.from));
    query.emplace_back("size", std::to_string(options.size));
    const auto response = client->get("/api/dead-letters" + query_string(query));
    const auto page = expect_json(response);
    if (!page) return page.error();
    if (options.client.json) {
        fmt::print("{}\n", response->body);
        return kExitSuccess;
    }
    const auto& letters = page->at("letters").as_array();
    for (const json::value& letter : letters) print_letter(letter);
    fmt::print("{} of {}\n", letters.size(), member_text(*page, "total"));
    return kExitSuccess;
}

int dlq_show(const DlqOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    const auto response =
        client->get("/api/dead-letters/" + http::percent_encode(options.ids.at(0), true));
    const auto letter = expect_json(response);
    if (!letter) return letter.error();
    if (options.client.json) {
        fmt::print("{}\n", response->body);
    } else {
        print_details(*letter);
    }
    return kExitSuccess;
}

int dlq_redrive(const DlqOptions& options) {
    return act(options, "redrive");
}

int dlq_drop(const DlqOptions& options) {
    return act(options, "drop");
}

}  // namespace tributary::apps
