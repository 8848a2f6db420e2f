#include "console/guard.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <string_view>
#include <utility>

#include "console/responses.h"

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

std::string lower(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

/// `host:port` or `[v6]:port` without the port and the brackets.
std::string host_name(std::string_view host) {
    if (host.starts_with('[')) return lower(host.substr(1, host.find(']') - 1));
    return lower(host.substr(0, host.find(':')));
}

bool is_ip_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool changes_something(const http::Request& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

/// Whether the page that sent this was loaded from here. The scheme does not count: a proxy may
/// speak TLS for us.
bool is_same_origin(std::string_view origin, std::string_view host) {
    const std::size_t scheme = origin.find("://");
    return scheme != std::string_view::npos && lower(origin.substr(scheme + 3)) == lower(host);
}

std::optional<http::Response> refuse_origin(const http::Request& request) {
    if (!changes_something(request)) return std::nullopt;
    const bool is_api = request.path().starts_with("/api/");
    const std::string_view origin = request.headers.get("Origin");
    const bool is_from_elsewhere = request.headers.get("Sec-Fetch-Site") == "cross-site";
    const bool is_named = request.headers.contains("Origin");
    if (is_from_elsewhere || (is_named && !is_same_origin(origin, request.headers.get("Host")))) {
        return problem(403, "Forbidden",
                       fmt::format("A page of another origin ({}) may not change anything here.",
                                   is_named ? origin.substr(0, 200) : "unnamed"));
    }
    if (!is_api) return std::nullopt;
    if (!is_named) {
        return problem(403, "Forbidden",
                       "Calls that change something need an Origin header with this server's own "
                       "address, as browsers and `tributary` send it.");
    }
    const std::string type = lower(request.headers.get("Content-Type"));
    if (type.substr(0, type.find(';')) == "application/json") return std::nullopt;
    return problem(415, "Unsupported media type",
                   "Calls that change something are JSON: send Content-Type: application/json.");
}

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

Guard::Guard(GuardSettings settings, http::Handler& next)
    : settings_([&] {
          for (std::string& host : settings.allowed_hosts) host = lower(host);
          return std::move(settings);
      }()),
      next_(next) {
}

std::optional<http::Response> Guard::refuse_host(const http::Request& request) const {
    const std::string host = host_name(request.headers.get("Host"));
    if (host == "localhost" || is_ip_address(host) ||
        std::ranges::find(settings_.allowed_hosts, host) != settings_.allowed_hosts.end()) {
        return std::nullopt;
    }
    return problem(421, "Misdirected request",
                   fmt::format("This is no server for the host \"{}\". If it shall be one, name "
                               "it in CONSOLE_ALLOWED_HOSTS.",
                               host.substr(0, 200)));
}

std::optional<http::Response> Guard::refuse_token(const http::Request& request) const {
    constexpr std::string_view kScheme = "Bearer ";
    if (settings_.token.empty()) return std::nullopt;
    const bool is_page = !changes_something(request) &&
                         (request.path() == "/" || request.path().starts_with("/console."));
    if (is_page) return std::nullopt;
    const std::string_view given = request.headers.get("Authorization");
    if (given.starts_with(kScheme) &&
        is_same_secret(given.substr(kScheme.size()), settings_.token)) {
        return std::nullopt;
    }
    http::Response response =
        problem(401, "Unauthorized", "Send the token of CONSOLE_TOKEN: Authorization: Bearer ….");
    response.headers.set("WWW-Authenticate", "Bearer");
    return response;
}

std::optional<http::Response> Guard::refusal(const http::Request& request) const {
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
