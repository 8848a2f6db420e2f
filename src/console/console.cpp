#include "console/console.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "console/event_way.h"
#include "console/events_query.h"
#include "console/responses.h"
#include "ledger/ledger.h"

namespace tributary::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxWaiting = 256;

std::string escape_html(std::string_view text) {
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&': out += "&amp;"; break;
            case '<': out += "&lt;"; break;
            case '>': out += "&gt;"; break;
            case '"': out += "&quot;"; break;
            default: out += c;
        }
    }
    return out;
}

std::string_view to_string(event::FieldKind kind) {
    switch (kind) {
        case event::FieldKind::keyword: return "keyword";
        case event::FieldKind::text: return "text";
        case event::FieldKind::number: return "number";
        case event::FieldKind::date: return "date";
        case event::FieldKind::boolean: return "boolean";
    }
    std::unreachable();
}

json::object type_json(const event::EntityType& type) {
    json::array fields;
    for (const event::Field& field : type.fields) {
        fields.push_back(json::object{{"name", field.name}, {"kind", to_string(field.kind)}});
    }
    return {{"name", type.name},
            {"topic", type.topic},
            {"index", type.index},
            {"id_field", type.id_field},
            {"fields", std::move(fields)}};
}

bool only_reads(const http::Request& request) {
    return request.method == "GET" || request.method == "HEAD";
}

}  // namespace

Console::Console(ConsoleSettings settings, const event::Catalog& catalog,
                 document_index::Searcher& searcher, event_log::Inspector& inspector,
                 dead_letters::DeadLetters& letters, Status status, const Clock& clock)
    : settings_(std::move(settings)),
      catalog_(catalog),
      searcher_(searcher),
      inspector_(inspector),
      status_(std::move(status)),
      letters_(letters),
      live_({}, LiveSample(catalog, inspector, searcher, settings_.group, status_, clock), clock),
      workers_(settings_.threads, kMaxWaiting) {
}

void Console::handle(http::Request request, http::Responder responder) {
    if (!only_reads(request) && !DeadLetterRoutes::is_here(request.path())) {
        http::Response refusal = problem(405, "Method not allowed", "Only GET is answered here.");
        refusal.headers.set("Allow", "GET, HEAD");
        return responder.send(std::move(refusal));
    }
    if (request.path() == "/health") {
        return responder.send(json_response(R"({"status":"ok"})"));
    }
    if (auto file = page_.find(request)) return responder.send(std::move(*file));
    if (request.path() == "/api/live") return live_.add(std::move(responder));
    // Shared, because the refusal below needs the responder back when the task was not taken.
    const auto shared = std::make_shared<http::Responder>(std::move(responder));
    Workers::Task task = [this, request = std::move(request), shared] {
        shared->send(answer(request));
    };
    if (!workers_.submit(task)) {
        shared->send(problem(503, "Busy", "Too many searches are waiting; retry in a moment."));
    }
}

http::Response Console::answer(const http::Request& request) {
    constexpr std::string_view kEventPrefix = "/api/events/";
    const std::string_view path = request.path();
    if (path == "/ready") return readiness();
    if (path == "/") return plain_page();
    if (path == "/api/events") return events(request);
    if (path.starts_with(kEventPrefix)) return way(path.substr(kEventPrefix.size()));
    if (path == "/api/ledger") return balance(request);
    if (path == "/api/status") return status_json();
    if (path == "/api/about") return about();
    if (DeadLetterRoutes::is_here(path)) return letters_.answer(request);
    return problem(
        404, "Not found",
        fmt::format("There is nothing at {}; see / for what there is.", path.substr(0, 200)));
}

http::Response Console::readiness() {
    // One look at an id is cheap however many documents there are.
    const auto found = searcher_.get(catalog_.types().front().index, "readiness");
    if (!found && found.error().code != ErrorCode::not_found) {
        return problem(503, "Not ready", found.error().message);
    }
    std::string missing;
    if (settings_.needs_every_part) {
        for (const PartStatus& part : status_()) {
            if (!part.is_ready) missing += fmt::format(" {}: {}", part.name, part.detail);
        }
    }
    return missing.empty() ? json_response(R"({"status":"ready"})")
                           : problem(503, "Not ready", "Not every part is ready." + missing);
}

http::Response Console::events(const http::Request& request) {
    const auto query = parse_events_query(request, catalog_);
    if (!query) return problem(query.error());
    const auto found = searcher_.search(*query);
    return found ? json_response(events_json(*found)) : problem(found.error());
}

http::Response Console::way(std::string_view encoded_id) {
    const auto id = http::percent_decode(encoded_id);
    if (!id || id->empty() || id->size() > 128) {
        return problem(400, "Bad request", "An event id has 1 to 128 characters.");
    }
    auto found = event_way(*id, catalog_, searcher_, inspector_, settings_.group);
    return found ? json_response(std::move(*found)) : problem(found.error());
}

http::Response Console::balance(const http::Request& request) {
    const auto ledger = ledger::balance(inspector_, searcher_, catalog_, settings_.group);
    if (!ledger) return problem(ledger.error());
    if (request.parameter("format") == "text") {
        return response_of(200, "text/plain; charset=utf-8", ledger::render_text(*ledger));
    }
    return json_response(ledger::to_json(*ledger));
}

http::Response Console::status_json() {
    return json_response(fmt::format(R"({{"version":{},"parts":{}}})",
                                     json::serialize(json::string(settings_.version)),
                                     to_json(status_())));
}

http::Response Console::about() {
    json::array types;
    for (const event::EntityType& type : catalog_.types()) types.push_back(type_json(type));
    const json::object object{{"version", settings_.version},
                              {"log", settings_.log},
                              {"index", settings_.index},
                              {"types", std::move(types)},
                              {"takes_events", settings_.takes_events},
                              {"takes_files", settings_.takes_files}};
    return json_response(json::serialize(object));
}

http::Response Console::plain_page() {
    std::string rows;
    for (const event::EntityType& type : catalog_.types()) {
        document_index::Query query;
        query.indices = {type.index};
        query.size = 0;
        const auto found = searcher_.search(query);
        rows += fmt::format(
            "<tr><td><a href=\"/api/events?type={0}\">{0}</a></td><td>{1}</td><td>{2}</td></tr>\n",
            escape_html(type.name), escape_html(type.index),
            found ? std::to_string(found->total) : escape_html(found.error().message));
    }
    document_index::Query letters;
    letters.indices = {document_index::kDeadLettersIndex};
    letters.size = 0;
    const auto dead = searcher_.search(letters);
    rows += fmt::format(
        "<tr><td><a href=\"/api/events?type=dead-letter\">dead letters</a></td><td>{}</td>"
        "<td>{}</td></tr>\n",
        document_index::kDeadLettersIndex,
        dead ? std::to_string(dead->total) : escape_html(dead.error().message));
    return response_of(
        200, "text/html; charset=utf-8",
        fmt::format("<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">"
                    "<meta name=\"viewport\" content=\"width=device-width\">"
                    "<title>Tributary</title></head><body><h1>Tributary</h1>"
                    "<table><thead><tr><th>Type</th><th>Index</th><th>Documents</th></tr>"
                    "</thead><tbody>\n{}</tbody></table>"
                    "<p><a href=\"/api/ledger?format=text\">Ledger</a> · "
                    "<a href=\"/api/status\">Status</a> · "
                    "<a href=\"/api/events?size=20\">Newest events</a></p>"
                    "<p>Post an event: <code>POST /events</code>. Where is my event? "
                    "<code>GET /api/events/&lt;id&gt;</code>. Upload a file: "
                    "<code>PUT /bucket/orders.json</code>.</p></body></html>\n",
                    rows));
}

}  // namespace tributary::console
