#include <boost/json.hpp>
#include <cstdio>
#include <expected>
#include <fmt/format.h>
#include <map>
#include <set>

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

/// What the pages of one order came to. A letter that is refused is so in every page.
class Total {
public:
    void add(const json::value& page) {
        for (const json::value& outcome : page.at("outcomes").as_array()) {
            const bool is_new = seen_.insert(member_text(outcome, "letter")).second;
            if (!is_new && member_text(outcome, "outcome") == "refused") continue;
            ++counts_[member_text(outcome, "outcome")];
            outcomes_.push_back(outcome);
        }
        left_ = page.at("left").to_number<std::uint64_t>();
        if (const auto trouble = member_text(page, "index_trouble"); !trouble.empty()) {
            trouble_ = trouble;
        }
    }
    [[nodiscard]] std::uint64_t count(const std::string& outcome) const {
        const auto found = counts_.find(outcome);
        return found == counts_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::uint64_t left() const { return left_; }
    [[nodiscard]] bool has(const std::string& letter) const { return seen_.contains(letter); }
    [[nodiscard]] json::value to_json(bool is_dry_run) const {
        json::object report;
        if (is_dry_run) report["dry_run"] = true;
        for (const char* name : {"done", "planned", "refused", "failed"}) {
            report[name] = count(name);
        }
        report["left"] = left_;
        report["outcomes"] = outcomes_;
        if (!trouble_.empty()) report["index_trouble"] = trouble_;
        return report;
    }

private:
    std::set<std::string> seen_;
    std::map<std::string, std::uint64_t> counts_;
    json::array outcomes_;
    std::uint64_t left_ = 0;
    std::string trouble_;
};

/// Sends the order once: the console works it off for some seconds and says how many are left.
std::expected<json::value, int> send_order(ApiClient& client, const DlqOptions& options,
                                           const std::string& action) {
    http::Request request;
    request.method = "POST";
    request.target = "/api/dead-letters/" + action;
    request.headers.set("Content-Type", "application/json");
    request.body = order_body(options);
    return expect_json(client.send(std::move(request)));
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
    Total total;
    auto rest = options;
    for (std::uint64_t done = 0;; done = total.count("done")) {
        const auto page = send_order(*client, rest, action);
        if (!page) return page.error();
        total.add(*page);
        // A letter that failed would fail again, and those behind it must wait for it.
        const bool goes_on = total.left() > 0 && total.count("failed") == 0 &&
                             total.count("done") > done && !options.is_dry_run;
        if (!goes_on) break;
        fmt::print(stderr, "{} done, {} left\n", total.count("done"), total.left());
        std::erase_if(rest.ids, [&](const std::string& id) { return total.has(id); });
    }
    const json::value report = total.to_json(options.is_dry_run);
    if (options.client.json) {
        fmt::print("{}\n", json::serialize(report));
    } else {
        print_report(report);
    }
    const bool is_done = total.count("refused") == 0 && total.count("failed") == 0;
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
