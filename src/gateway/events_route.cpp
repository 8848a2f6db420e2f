#include "gateway/events_route.h"

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

http::Response response_to(const InvocationFailure& failure) {
    const auto with_retry = [](http::Response response) {
        response.headers.add("Retry-After", "1");
        return response;
    };
    const std::string reason = fmt::format("{}: {}", failure.type, failure.message);
    switch (failure.kind) {
        case FailureKind::throttled:
            return with_retry(problem(429, "Too Many Requests",
                                      reason + " Nothing was processed; a retry is safe."));
        case FailureKind::shutting_down:
            return with_retry(problem(503, "Service Unavailable",
                                      reason + " Nothing was processed; a retry is safe."));
        case FailureKind::function_error:
        case FailureKind::crashed:
            return problem(502, "Bad Gateway",
                           reason +
                               " Whether the event was accepted is unknown; retry with the "
                               "same id.");
        case FailureKind::timed_out:
            return problem(504, "Gateway Timeout",
                           reason +
                               " Whether the event was accepted is unknown; retry with the "
                               "same id.");
    }
    std::unreachable();
}

http::Response response_to(PayloadVersion version, const InvocationResult& result) {
    if (!result) return response_to(result.error());
    auto response = from_proxy_response(version, *result);
    if (!response) return problem(502, "Bad Gateway", response.error().message);
    return std::move(*response);
}

http::Response too_large(std::size_t bytes) {
    return problem(413, "Content Too Large",
                   fmt::format("The event made of this request has {} bytes, and Lambda takes at "
                               "most {} (6 MB). Send fewer events at once, or put a file into the "
                               "bucket.",
                               bytes, kMaxPayloadBytes));
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
            problem(405, "Method Not Allowed", "Events are sent with POST /events.");
        response.headers.add("Allow", std::string(kMethods));
        return responder.send(std::move(response));
    }
    const Timestamp now = clock_.now();
    const std::string request_id = ids_.next();
    const std::string trace_id = trace_id_of(request, request_id, now);
    std::string event =
        to_event(settings_.payload_version, request, RequestFacts{request_id, trace_id, now});
    if (event.size() > kMaxPayloadBytes) return responder.send(too_large(event.size()));
    function_.invoke(
        std::move(event), trace_id,
        [version = settings_.payload_version, origin = settings_.allowed_origin, request_id,
         responder = std::move(responder)](InvocationResult result) mutable {
            http::Response response = response_to(version, result);
            response.headers.set("X-Amzn-RequestId", request_id);
            if (!origin.empty()) {
                response.headers.set("Access-Control-Allow-Origin", origin);
            }
            responder.send(std::move(response));
        });
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
