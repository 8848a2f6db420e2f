#include "ingest/problems.h"

#include <fmt/format.h>
#include <utility>

namespace tributary::ingest {
namespace {

receipt::Problem problem(int status, std::string slug, std::string title, std::string detail) {
    receipt::Problem problem;
    problem.status = status;
    problem.type = "/problems/" + std::move(slug);
    problem.title = std::move(title);
    problem.detail = std::move(detail);
    return problem;
}

/// As much of a header as belongs into a sentence.
std::string excerpt(std::string_view value) {
    return fmt::format("\"{}\"", value.substr(0, 200));
}

}  // namespace

receipt::Problem not_found_problem(std::string_view path) {
    std::string detail = "There is no '" + std::string(path) + "'; there are";
    for (const Route& route : routes()) detail += " " + std::string(route.path);
    return problem(404, "not-found", "There is no such path", detail + ".");
}

receipt::Problem method_problem(const Route& route, std::string_view method) {
    return problem(405, "method-not-allowed", "The path has no such method",
                   std::string(route.path) + " was asked with " + std::string(method) +
                       "; it allows " + std::string(route.allow) + ".");
}

receipt::Problem unauthorized_problem(bool has_credentials) {
    return problem(401, "unauthorized", "The caller is not known",
                   has_credentials
                       ? "The Authorization header holds no token that this server knows; send "
                         "'Authorization: Bearer <token>' with the token you were given."
                       : "There is no Authorization header; send 'Authorization: Bearer <token>' "
                         "with the token you were given.");
}

receipt::Problem foreign_page_problem(const http::Request& request) {
    const bool is_named = request.headers.contains("Origin");
    return problem(
        403, "foreign-page", "A page of another origin may not send events",
        fmt::format("The request comes from a web page of {} and asks for {}; a page can "
                    "send events only to the server that it was loaded from. Programs "
                    "that send no Origin header may.",
                    is_named ? excerpt(request.headers.get("Origin")) : "another site",
                    excerpt(request.headers.get("Host"))));
}

receipt::Problem unknown_host_problem(const http::Request& request) {
    return problem(403, "unknown-host", "A page may not send events under this host name",
                   fmt::format("The request comes from a web page and asks for {}, which this "
                               "server does not know as its own. If it shall be, name it in "
                               "CONSOLE_ALLOWED_HOSTS.",
                               excerpt(request.headers.get("Host"))));
}

receipt::Problem idempotency_key_problem() {
    return problem(400, "invalid-idempotency-key", "The Idempotency-Key cannot be used",
                   "The Idempotency-Key header must be 1 to 128 printable ASCII characters and be "
                   "sent once, because it becomes the event's id.");
}

receipt::Problem not_ready_problem(std::string_view reason) {
    auto not_ready =
        problem(503, "not-ready", "This server cannot take events now", std::string(reason));
    not_ready.retry_safe = true;
    return not_ready;
}

receipt::Problem server_problem(int status, std::string_view detail) {
    const std::string why(detail);
    switch (status) {
        case 408: {
            auto slow = problem(status, "request-timeout", "The request came too slowly", why);
            slow.retry_safe = true;
            return slow;
        }
        case 413: return problem(status, "body-too-large", "The body is too large", why);
        case 415:
            return problem(status, "unsupported-encoding", "The encoding is not supported", why);
        case 431: return problem(status, "header-too-large", "The header is too large", why);
        case 503: {
            auto busy = problem(status, "overloaded", "This server takes no more for now", why);
            busy.retry_safe = true;
            return busy;
        }
        default: break;
    }
    if (status < 500) return problem(status, "bad-request", "The request cannot be read", why);
    // The handler gave up: nobody knows how far it got.
    return receipt::problem_of(Error(ErrorCode::internal, why), "");
}

}  // namespace tributary::ingest
