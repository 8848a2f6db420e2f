#include "console/console.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <memory>
#include <utility>

#include "console/event_way.h"
#include "console/events_query.h"
#include "ledger/ledger.h"

namespace tributary::console {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxWaiting = 256;

http::Response make(int status, std::string_view content_type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", std::string(content_type));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; "
                         "connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
                         "base-uri 'none'; form-action 'self'");
    response.body = std::move(body);
    return response;
}

http::Response json_answer(std::string body) {
    return make(200, "application/json", std::move(body));
}

http::Response problem(int status, std::string_view title, std::string_view detail) {
    json::object object;
    object["type"] = "about:blank";
    object["title"] = title;
    object["status"] = status;
    object["detail"] = detail;
    http::Response response = make(status, "application/problem+json", json::serialize(object));
    if (status == 503) response.headers.set("Retry-After", "1");
    return response;
}

http::Response problem(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid_input: return problem(400, "Bad request", error.message);
        case ErrorCode::not_found: return problem(404, "Not found", error.message);
        case ErrorCode::conflict: return problem(409, "Conflict", error.message);
        case ErrorCode::timed_out: return problem(504, "Timed out", error.message);
        case ErrorCode::retry_later:
        case ErrorCode::unavailable:
        case ErrorCode::shutting_down: return problem(503, "Unavailable", error.message);
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: break;
    }
    return problem(500, "Internal error", error.message);
}

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

}  // namespace

Console::Console(ConsoleSettings settings, const event::Catalog& catalog,
                 document_index::Searcher& searcher, event_log::Inspector& inspector, Status status)
    : settings_(std::move(settings)),
      catalog_(catalog),
      searcher_(searcher),
      inspector_(inspector),
      status_(std::move(status)),
      workers_(settings_.threads, kMaxWaiting) {
}

void Console::handle(http::Request request, http::Responder responder) {
    if (request.method != "GET" && request.method != "HEAD") {
        http::Response refusal = problem(405, "Method not allowed", "Only GET is answered here.");
        refusal.headers.set("Allow", "GET, HEAD");
        return responder.send(std::move(refusal));
    }
    if (request.path() == "/health" || request.path() == "/ready") {
        return responder.send(json_answer(R"({"status":"ok"})"));
    }
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
    if (path == "/") return page();
    if (path == "/api/events") return events(request);
    if (path.starts_with(kEventPrefix)) return way(path.substr(kEventPrefix.size()));
    if (path == "/api/ledger") return balance(request);
    if (path == "/api/status") return status_json();
    return problem(
        404, "Not found",
        fmt::format("There is nothing at {}; see / for what there is.", path.substr(0, 200)));
}

http::Response Console::events(const http::Request& request) {
    const auto query = parse_events_query(request, catalog_);
    if (!query) return problem(query.error());
    const auto found = searcher_.search(*query);
    return found ? json_answer(events_json(*found)) : problem(found.error());
}

http::Response Console::way(std::string_view encoded_id) {
    const auto id = http::percent_decode(encoded_id);
    if (!id || id->empty() || id->size() > 128) {
        return problem(400, "Bad request", "An event id has 1 to 128 characters.");
    }
    auto found = event_way(*id, catalog_, searcher_, inspector_, settings_.group);
    return found ? json_answer(std::move(*found)) : problem(found.error());
}

http::Response Console::balance(const http::Request& request) {
    const auto ledger = ledger::balance(inspector_, searcher_, catalog_, settings_.group);
    if (!ledger) return problem(ledger.error());
    if (request.parameter("format") == "text") {
        return make(200, "text/plain; charset=utf-8", ledger::render_text(*ledger));
    }
    return json_answer(ledger::to_json(*ledger));
}

http::Response Console::status_json() {
    json::array parts;
    for (const PartStatus& part : status_()) {
        json::object object;
        object["name"] = part.name;
        if (!part.address.empty()) object["address"] = part.address;
        object["ready"] = part.is_ready;
        if (!part.detail.empty()) object["detail"] = part.detail;
        parts.push_back(std::move(object));
    }
    json::object answer;
    answer["version"] = settings_.version;
    answer["parts"] = std::move(parts);
    return json_answer(json::serialize(answer));
}

http::Response Console::page() {
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
    return make(200, "text/html; charset=utf-8",
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
