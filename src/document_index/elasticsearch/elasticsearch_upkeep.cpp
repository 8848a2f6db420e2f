#include "document_index/elasticsearch/elasticsearch_upkeep.h"

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>

#include "base/rfc3339.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/json_calls.h"

namespace tributary::document_index {
namespace {

namespace json = boost::json;
using elasticsearch::ClusterRequest;

/// Documents found and deleted at a time.
constexpr int kPage = 2'000;
constexpr std::string_view kAllowAutoCreate = "allow_auto_create";

json::object query_for(const ExpiredDocuments& expired) {
    json::array filters;
    filters.emplace_back(json::object{
        {"range", {{"pipeline.indexed_at", {{"lt", format_rfc3339(expired.before)}}}}}});
    if (!expired.states.empty()) {
        filters.emplace_back(
            json::object{{"terms", {{"state", json::value_from(expired.states)}}}});
    }
    return {{"bool", {{"filter", std::move(filters)}}}};
}

std::optional<unsigned> number(std::string_view digits) {
    unsigned value = 0;
    const auto [end, failure] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (failure != std::errc() || end != digits.data() + digits.size()) return {};
    return value;
}

/// `2026.11.23`, and nothing else.
std::optional<std::chrono::sys_days> parse_day(std::string_view text) {
    if (text.size() != 10 || text[4] != '.' || text[7] != '.') return {};
    const auto year = number(text.substr(0, 4));
    const auto month = number(text.substr(5, 2));
    const auto day = number(text.substr(8, 2));
    if (!year || !month || !day) return {};
    const std::chrono::year_month_day date{std::chrono::year(static_cast<int>(*year)),
                                           std::chrono::month(*month), std::chrono::day(*day)};
    if (!date.ok()) return {};
    return std::chrono::sys_days(date);
}

/// Fields of the type `flattened`, which only Elasticsearch has and only in its default build, are
/// kept and not mapped.
void unmap_flattened(json::value& value) {
    auto* object = value.if_object();
    if (object == nullptr) return;
    const auto* type = object->if_contains("type");
    if (type != nullptr && type->is_string() && type->as_string() == "flattened") {
        *object = {{"type", "object"}, {"enabled", false}};
        return;
    }
    for (auto& [name, member] : *object) unmap_flattened(member);
}

const json::value* find(const json::value& root, const char* pointer) {
    boost::system::error_code failure;
    return root.find_pointer(pointer, failure);
}

std::uint64_t number_at(const json::value& root, const char* pointer) {
    const json::value* found = find(root, pointer);
    if (found == nullptr || !found->is_number()) return 0;
    return found->to_number<std::uint64_t>();
}

}  // namespace

class ElasticsearchUpkeep::Calls : public elasticsearch::JsonCalls {
public:
    using JsonCalls::JsonCalls;

    Result<json::value> page(const ExpiredDocuments& expired, int size) {
        const json::object body{{"size", size},
                                {"query", query_for(expired)},
                                {"_source", false},
                                {"seq_no_primary_term", true},
                                {"track_total_hits", true},
                                {"sort", json::array{"_doc"}}};
        return ask_json({"POST", "/" + expired.index + "/_search?ignore_unavailable=true",
                         json::serialize(body)},
                        fmt::format("find old documents of '{}'", expired.index));
    }

    struct Removal {
        std::uint64_t deleted = 0;
        std::uint64_t gone = 0;  ///< Somebody else was faster.
        std::string refusal;     ///< The first one.
    };
    /// Deletes the hits, each only as it was found.
    Result<Removal> remove(const json::array& hits) {
        std::string body;
        for (const json::value& hit : hits) {
            body += json::serialize(json::object{{"delete",
                                                  {{"_index", hit.at("_index")},
                                                   {"_id", hit.at("_id")},
                                                   {"if_seq_no", hit.at("_seq_no")},
                                                   {"if_primary_term", hit.at("_primary_term")}}}});
            body += '\n';
        }
        ClusterRequest request("POST", "/_bulk?refresh=true", std::move(body));
        request.content_type = "application/x-ndjson";
        const auto answer = ask_json(request, "delete old documents");
        if (!answer) return std::unexpected(answer.error());
        Removal removal;
        const json::value* items = find(*answer, "/items");
        if (items == nullptr || !items->is_array()) return removal;
        for (const json::value& item : items->as_array()) {
            const auto status = number_at(item, "/delete/status");
            removal.deleted += status == 200 ? 1U : 0U;
            removal.gone += status == 404 ? 1U : 0U;
            if (status != 200 && status != 404 && removal.refusal.empty()) {
                removal.refusal = json::serialize(item);
            }
        }
        return removal;
    }
};

ElasticsearchUpkeep::ElasticsearchUpkeep(std::shared_ptr<elasticsearch::Cluster> cluster)
    : calls_(std::make_unique<Calls>(std::move(cluster))) {
}
ElasticsearchUpkeep::~ElasticsearchUpkeep() = default;

Result<std::unique_ptr<ElasticsearchUpkeep>> ElasticsearchUpkeep::open(
    ElasticsearchSettings settings) {
    auto cluster = elasticsearch::Cluster::make(std::move(settings));
    if (!cluster) return std::unexpected(std::move(cluster.error()));
    return std::unique_ptr<ElasticsearchUpkeep>(new ElasticsearchUpkeep(*std::move(cluster)));
}

Result<void> ElasticsearchUpkeep::install_template(const std::string& name,
                                                   const std::string& text) {
    boost::system::error_code failure;
    json::value wanted = json::parse(text, failure);
    if (failure || number_at(wanted, "/version") == 0) {
        return fail(ErrorCode::invalid_input, "An index template is JSON and has a version.");
    }
    const std::string target = "/_index_template/" + name;
    const std::string what = fmt::format("install the index template '{}'", name);
    const auto there = calls_->ask({"GET", target}, what);
    if (!there) return std::unexpected(there.error());
    if (there->status == 200) {
        const json::value found = json::parse(there->body, failure);
        if (!failure && number_at(found, "/index_templates/0/index_template/version") >
                            number_at(wanted, "/version")) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("The index template '{}' was made by a newer Tributary; use "
                                    "that one.",
                                    name));
        }
    }
    auto answer = calls_->ask({"PUT", target, text}, what);
    // Servers without this word make every index, unless their own setting says otherwise.
    if (answer && elasticsearch::is_refused_for(*answer, kAllowAutoCreate)) {
        wanted.as_object().erase(kAllowAutoCreate);
        answer = calls_->ask({"PUT", target, json::serialize(wanted)}, what);
    }
    if (answer && elasticsearch::is_refused_for(*answer, "flattened")) {
        unmap_flattened(wanted);
        answer = calls_->ask({"PUT", target, json::serialize(wanted)}, what);
    }
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200) return {};
    return std::unexpected(elasticsearch::request_failure(*answer, what));
}

Result<std::vector<std::string>> ElasticsearchUpkeep::daily_indices(const std::string& prefix,
                                                                    std::chrono::sys_days before) {
    const auto answer = calls_->ask_json(
        {"GET", "/" + prefix + "*/_alias?expand_wildcards=open,closed"}, "name the daily indices");
    if (!answer) return std::unexpected(answer.error());
    std::vector<std::string> names;
    for (const auto& [key, value] : answer->as_object()) {
        const std::string name(key);
        // An alias of that name leads to indices of others.
        if (!name.starts_with(prefix)) continue;
        const auto day = parse_day(std::string_view(name).substr(prefix.size()));
        if (day && *day < before) names.push_back(name);
    }
    std::ranges::sort(names);
    return names;
}

Result<void> ElasticsearchUpkeep::delete_index(const std::string& index) {
    const std::string what = fmt::format("delete the index '{}'", index);
    const auto answer = calls_->ask({"DELETE", "/" + index}, what);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200 || answer->status == 404) return {};
    return std::unexpected(elasticsearch::request_failure(*answer, what));
}

Result<std::uint64_t> ElasticsearchUpkeep::count(const ExpiredDocuments& expired) {
    const auto page = calls_->page(expired, 0);
    if (!page) return std::unexpected(page.error());
    return number_at(*page, "/hits/total/value");
}

Result<std::uint64_t> ElasticsearchUpkeep::remove(const ExpiredDocuments& expired) {
    std::uint64_t deleted = 0;
    while (true) {
        const auto page = calls_->page(expired, kPage);
        if (!page) return std::unexpected(page.error());
        const json::value* hits = find(*page, "/hits/hits");
        if (hits == nullptr || !hits->is_array() || hits->as_array().empty()) return deleted;
        const auto removal = calls_->remove(hits->as_array());
        if (!removal) return std::unexpected(removal.error());
        deleted += removal->deleted;
        if (removal->deleted + removal->gone > 0) continue;
        return fail(ErrorCode::unavailable,
                    fmt::format("Old documents of '{}' cannot be deleted: {}", expired.index,
                                removal->refusal));
    }
}

}  // namespace tributary::document_index
