#include "indexing/status_handler.h"

#include <fmt/format.h>
#include <string>
#include <utility>

#include "base/version.h"
#include "receipt/receipt.h"

namespace tributary::indexing {
namespace {

http::Response response_of(std::string content_type, std::string body) {
    http::Response response;
    response.headers.add("Content-Type", std::move(content_type));
    response.headers.add("Cache-Control", "no-store");
    response.body = std::move(body);
    return response;
}

http::Response problem(int status, const std::string& slug, std::string title, std::string detail) {
    receipt::Problem problem;
    problem.status = status;
    problem.type = "/problems/" + slug;
    problem.title = std::move(title);
    problem.detail = std::move(detail);
    problem.retry_safe = status == 503;
    auto answer = receipt::compose(problem, std::nullopt);
    auto response = response_of(std::move(answer.content_type), std::move(answer.body));
    response.status = status;
    return response;
}

}  // namespace

void StatusHandler::handle(http::Request request, http::Responder responder) {
    responder.send(answer(request));
}

http::Response StatusHandler::answer(const http::Request& request) const {
    const std::string path(request.path());
    if (path != "/health" && path != "/ready" && path != "/metrics") {
        return problem(404, "not-found", "There is no such path",
                       "There is no '" + path + "'; there are /health /ready /metrics.");
    }
    if (request.method != "GET" && request.method != "HEAD") {
        auto refused =
            problem(405, "method-not-allowed", "The path has no such method",
                    path + " was asked with " + request.method + "; it allows GET, HEAD.");
        refused.headers.add("Allow", "GET, HEAD");
        return refused;
    }
    if (path == "/health") return health();
    if (path == "/ready") return readiness();
    telemetry::set_ready(metrics_, consumer_.ready().has_value());
    return response_of("text/plain; version=0.0.4; charset=utf-8", metrics_.text());
}

http::Response StatusHandler::health() const {
    if (consumer_.is_live()) return response_of("application/json", R"({"status":"ok"})");
    return problem(503, "not-live", "The consumer's loop stands still",
                   "The loop has not turned for too long; restart this process.");
}

http::Response StatusHandler::readiness() const {
    const auto ready = consumer_.ready();
    if (ready) {
        return response_of("application/json",
                           fmt::format(R"({{"status":"ready","version":"{}"}})", kVersion));
    }
    return problem(503, "not-ready", "This consumer cannot work off records now",
                   ready.error().message);
}

}  // namespace tributary::indexing
