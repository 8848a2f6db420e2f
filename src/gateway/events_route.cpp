#include "gateway/events_route.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "gateway/problem.h"

namespace tributary::gateway {
namespace {

using lambda_runtime::FailureKind;
using lambda_runtime::InvocationFailure;
using lambda_runtime::InvocationResult;
using lambda_runtime::kMaxPayloadBytes;

constexpr std::string_view kMethods = "POST, OPTIONS";

/// The client's own id, where it gave one that can be an event's.
std::string given_id(const http::Request& request) {
    const std::string_view key = request.headers.get("Idempotency-Key");
    const bool is_usable =
        key.size() <= 128 && std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
    return is_usable ? std::string(key) : "";
}

http::Response response_to(const InvocationFailure& failure, const std::string& given_id,
                           const std::string& own_id) {
    const std::string reason = fmt::format("{}: {}", failure.type, failure.message);
    if (failure.kind == FailureKind::throttled || failure.kind == FailureKind::shutting_down) {
        const bool is_throttled = failure.kind == FailureKind::throttled;
        http::Response response = problem(
            is_throttled ? 429 : 503, is_throttled ? "Too Many Requests" : "Service Unavailable",
            reason + " Nothing was processed; a retry is safe.",
            {given_id.empty() ? own_id : given_id, false});
        response.headers.add("Retry-After", "1");
        return response;
    }
    const bool is_timeout = failure.kind == FailureKind::timed_out;
    return problem(is_timeout ? 504 : 502, is_timeout ? "Gateway Timeout" : "Bad Gateway",
                   reason + " Whether the event was accepted is unknown; retry with the same id.",
                   {given_id, true});
}

http::Response response_to(PayloadVersion version, const InvocationResult& result,
                           const std::string& given_id, const std::string& own_id) {
    if (!result) return response_to(result.error(), given_id, own_id);
    auto response = from_proxy_response(version, *result);
    if (!response) return problem(502, "Bad Gateway", response.error().message, {given_id, true});
    return std::move(*response);
}

std::string_view title_of(int status) {
    switch (status) {
        case 400: return "Bad Request";
        case 408: return "Request Timeout";
        case 413: return "Content Too Large";
        case 415: return "Unsupported Media Type";
        case 431: return "Request Header Fields Too Large";
        case 503: return "Service Unavailable";
        default: return "Internal Server Error";
    }
}

}  // namespace

EventsRoute::EventsRoute(EventsSettings settings, lambda_runtime::Invoker& function,
                         const Clock& clock)
    : settings_(std::move(settings)), function_(function), clock_(clock), ids_(clock) {
}

http::BodyPolicy EventsRoute::on_head(const http::Request&) {
    http::BodyPolicy policy;
    policy.max_body_bytes = kMaxPayloadBytes;
    return policy;
}

void EventsRoute::handle(http::Request request, http::Responder responder) {
    if (request.method == "OPTIONS") return responder.send(answer_preflight(request));
    if (request.method != "POST") {
        http::Response response =
            problem(405, "Method Not Allowed", "Events are sent with POST /events.", {ids_.next()});
        response.headers.add("Allow", std::string(kMethods));
        return responder.send(std::move(response));
    }
    const Timestamp now = clock_.now();
    const std::string request_id = ids_.next();
    const std::string id = given_id(request);
    const std::string trace_id = trace_id_of(request, request_id, now);
    std::string event =
        to_event(settings_.payload_version, request, RequestFacts{request_id, trace_id, now});
    if (event.size() > kMaxPayloadBytes) {
        return responder.send(
            problem(413, title_of(413),
                    fmt::format("The event made of this request has {} bytes, and Lambda takes at "
                                "most {} (6 MB). Send fewer events at once, or put a file into "
                                "the bucket.",
                                event.size(), kMaxPayloadBytes),
                    {id.empty() ? request_id : id}));
    }
    function_.invoke(
        std::move(event), trace_id,
        [version = settings_.payload_version, origin = settings_.allowed_origin, request_id, id,
         responder = std::move(responder)](InvocationResult result) mutable {
            http::Response response = response_to(version, result, id, request_id);
            response.headers.set("X-Amzn-RequestId", request_id);
            if (!origin.empty()) {
                response.headers.set("Access-Control-Allow-Origin", origin);
            }
            responder.send(std::move(response));
        });
}

http::Response EventsRoute::on_error(int status, std::string_view detail) {
    return problem(status, title_of(status), detail, {ids_.next()});
}

http::Response EventsRoute::answer_preflight(const http::Request& request) const {
    http::Response response;
    response.status = 204;
    response.headers.add("Allow", std::string(kMethods));
    if (settings_.allowed_origin.empty()) return response;
    response.headers.add("Access-Control-Allow-Origin", settings_.allowed_origin);
    response.headers.add("Access-Control-Allow-Methods", std::string(kMethods));
    const std::string_view wanted = request.headers.get("Access-Control-Request-Headers");
    if (!wanted.empty()) response.headers.add("Access-Control-Allow-Headers", std::string(wanted));
    response.headers.add("Access-Control-Max-Age", "600");
    response.headers.add("Vary", "Access-Control-Request-Headers");
    return response;
}

}  // namespace tributary::gateway
