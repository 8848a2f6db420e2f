#include "console/guard.h"

#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <utility>

#include "console/responses.h"
#include "event/attribute_rules.h"
#include "http/origin.h"
#include "http/text.h"

namespace tributary::console {
namespace {

constexpr std::size_t kMaxRefusedBody = std::size_t{1} << 20;

/// Takes the small body of a request that will be refused; a large one is not worth reading.
class RefusedBody final : public http::BodySink {
public:
    Result<void> write(std::string_view piece) override {
        bytes_ += piece.size();
        if (bytes_ <= kMaxRefusedBody) return {};
        return fail(ErrorCode::invalid_input, "This request is refused.");
    }
    Result<void> finish() override { return {}; }

private:
    std::size_t bytes_ = 0;
};

/// Without giving away by its time how much of it was right.
bool is_same_secret(std::string_view given, std::string_view wanted) {
    unsigned difference = given.size() == wanted.size() ? 0 : 1;
    for (std::size_t i = 0; i < given.size(); ++i) {
        difference |=
            static_cast<unsigned char>(given[i]) ^
            static_cast<unsigned char>(wanted[i % std::max<std::size_t>(wanted.size(), 1)]);
    }
    return difference == 0;
}

bool is_probe(const http::Request& request) {
    return request.path() == "/health" || request.path() == "/ready";
}

}  // namespace

Guard::Guard(GuardSettings settings, http::Handler& next, const Clock& clock)
    : settings_(std::move(settings)), next_(next), ids_(clock) {
}

/// With the id to send again under, as every answer about events: nobody has looked yet whether
/// this is one.
http::Response Guard::refuse(const http::Request& request, int status, std::string_view title,
                             std::string_view detail) {
    return event_problem(status, title, detail,
                         event::id_or_new(request.headers.get("Idempotency-Key"), ids_));
}

std::optional<http::Response> Guard::refuse_host(const http::Request& request) {
    if (http::is_for_known_host(request, settings_.allowed_hosts)) return std::nullopt;
    return refuse(request, 421, "Misdirected request",
                  fmt::format("This is no server for the host \"{}\". If it shall be one, name "
                              "it in CONSOLE_ALLOWED_HOSTS.",
                              http::host_name(request).substr(0, 200)));
}

std::optional<http::Response> Guard::refuse_origin(const http::Request& request) {
    const bool is_named = request.headers.contains("Origin");
    if (http::is_from_foreign_page(request)) {
        return refuse(request, 403, "Forbidden",
                      fmt::format("A page of another origin ({}) may not change anything here.",
                                  is_named ? request.headers.get("Origin").substr(0, 200)
                                           : std::string_view("unnamed")));
    }
    if (!http::changes_something(request) || !request.path().starts_with("/api/")) {
        return std::nullopt;
    }
    if (!is_named) {
        return refuse(request, 403, "Forbidden",
                      "Calls that change something need an Origin header with this server's own "
                      "address, as browsers and `tributary` send it.");
    }
    const std::string_view type = request.headers.get("Content-Type");
    if (http::equals_without_case(type.substr(0, type.find(';')), "application/json")) {
        return std::nullopt;
    }
    return refuse(request, 415, "Unsupported media type",
                  "Calls that change something are JSON: send Content-Type: application/json.");
}

std::optional<http::Response> Guard::refuse_token(const http::Request& request) {
    constexpr std::string_view kScheme = "Bearer ";
    if (settings_.token.empty()) return std::nullopt;
    const bool is_page = !http::changes_something(request) &&
                         (request.path() == "/" || request.path().starts_with("/console."));
    if (is_page) return std::nullopt;
    const std::string_view given = request.headers.get("Authorization");
    if (given.starts_with(kScheme) &&
        is_same_secret(given.substr(kScheme.size()), settings_.token)) {
        return std::nullopt;
    }
    http::Response response = refuse(request, 401, "Unauthorized",
                                     "Send the token of CONSOLE_TOKEN: Authorization: Bearer ….");
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

std::optional<http::Response> Guard::refusal(const http::Request& request) {
    if (is_probe(request)) return std::nullopt;
    if (auto refused = refuse_host(request)) return refused;
    if (auto refused = refuse_origin(request)) return refused;
    return refuse_token(request);
}

http::BodyPolicy Guard::on_head(const http::Request& head) {
    if (!refusal(head)) return next_.on_head(head);
    http::BodyPolicy policy;
    policy.sink = std::make_unique<RefusedBody>();
    return policy;
}

void Guard::handle(http::Request request, http::Responder responder) {
    if (auto refused = refusal(request)) return responder.send(std::move(*refused));
    next_.handle(std::move(request), std::move(responder));
}

}  // namespace tributary::console
