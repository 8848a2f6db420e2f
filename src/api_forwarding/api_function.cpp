#include "api_forwarding/api_function.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>
#include <vector>

#include "http/message.h"
#include "receipt/outcome_log.h"

namespace tributary::api_forwarding {
namespace {

using lambda_runtime::FunctionError;
using lambda_runtime::Invocation;
using std::chrono::milliseconds;

constexpr std::string_view kAction = "forward";
constexpr std::string_view kMethods = "POST, OPTIONS";
constexpr std::string_view kCloudEventPrefix = "ce-";
/// What the answer itself takes, once the Producer's limit is over.
constexpr milliseconds kAnswerMargin{500};

receipt::Problem problem(int status, std::string type, std::string title, std::string detail) {
    receipt::Problem problem;
    problem.status = status;
    problem.type = std::move(type);
    problem.title = std::move(title);
    problem.detail = std::move(detail);
    return problem;
}

event::Decoder::Limits limits_of(const ApiSettings& settings) {
    event::Decoder::Limits limits;
    limits.max_items = settings.max_items;
    return limits;
}

/// Whatever stands before it: a stage, or the base path of a custom domain.
bool is_events_path(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path.ends_with("/events");
}

event::Envelope envelope_of(const ProxyRequest& request, std::string traceparent, Timestamp now) {
    event::Envelope envelope;
    envelope.content_type = request.header("content-type");
    // What `curl -d` says of every body; a form is never meant here.
    if (envelope.content_type.starts_with("application/x-www-form-urlencoded")) {
        envelope.content_type = "application/json";
    }
    envelope.idempotency_key = request.header("idempotency-key");
    envelope.traceparent = std::move(traceparent);
    for (const auto& [name, value] : request.headers) {
        if (!name.starts_with(kCloudEventPrefix)) continue;
        envelope.ce_attributes.emplace_back(name.substr(kCloudEventPrefix.size()), value);
    }
    if (!request.caller.empty()) {
        envelope.source = "/api/" + http::percent_encode(request.caller, true);
    }
    envelope.now = now;
    return envelope;
}

/// The preflight of a browser. API Gateway's own CORS settings, where there are some, replace it.
ProxyResponse preflight() {
    ProxyResponse response;
    response.status = 204;
    response.headers = {
        {"access-control-allow-origin", "*"},
        {"access-control-allow-methods", std::string(kMethods)},
        {"access-control-allow-headers",
         "authorization, content-type, idempotency-key, traceparent, x-api-key, ce-id, ce-source, "
         "ce-specversion, ce-type, ce-subject, ce-time, ce-dataschema"},
        {"access-control-max-age", "86400"},
    };
    return response;
}

ProxyResponse response_of(receipt::Answer answer) {
    ProxyResponse response;
    response.status = answer.status;
    response.headers = {{"content-type", std::move(answer.content_type)},
                        {"access-control-allow-origin", "*"}};
    if (answer.retry_after) {
        response.headers.emplace_back("retry-after",
                                      receipt::retry_after_header(*answer.retry_after));
    }
    if (answer.status == 405) response.headers.emplace_back("allow", kMethods);
    response.body = std::move(answer.body);
    return response;
}

/// Which kind of problem it was; not its sentence, which may hold what the client sent, but why
/// nobody was there to answer.
void log_failure(telemetry::Log& log, int status, const std::vector<receipt::ItemOutcome>& outcomes,
                 const std::string& unreachable) {
    const auto failed = std::ranges::find_if(
        outcomes, [](const auto& outcome) { return !outcome && outcome.error().status >= 500; });
    std::vector<telemetry::LogField> fields{
        {"event.action", kAction},
        {"http.response.status_code", status},
        {"error.type", failed == outcomes.end() ? "" : failed->error().type}};
    if (!unreachable.empty()) fields.emplace_back("error.message", unreachable);
    log.warn("A request was not answered with receipts.", fields);
}

/// Absent is fine: then the event gets an id of ours. The rest of the rules is the decoder's.
bool has_empty_idempotency_key(const ProxyRequest& request) {
    return std::ranges::any_of(request.headers, [](const auto& field) {
        return field.first == "idempotency-key" && field.second.empty();
    });
}

/// What is wrong with a request before its body is looked at.
std::optional<receipt::Problem> refusal_of(const ProxyRequest& request) {
    if (!is_events_path(request.path)) {
        return problem(
            404, "/problems/not-found", "There is nothing here",
            fmt::format("{} was asked for; events are sent with POST /events.", request.path));
    }
    if (request.method != "POST") {
        return problem(405, "/problems/method-not-allowed", "The method is not allowed",
                       fmt::format("{} was sent to {}; events are sent with POST.", request.method,
                                   request.path));
    }
    if (const auto coding = request.header("content-encoding");
        !coding.empty() && coding != "identity") {
        return problem(415, "/problems/unsupported-format", "The format is not supported",
                       fmt::format("The body has the Content-Encoding {}; behind API Gateway only "
                                   "uncompressed bodies are read.",
                                   coding));
    }
    if (has_empty_idempotency_key(request)) {
        return problem(400, "/problems/invalid-idempotency-key",
                       "The Idempotency-Key cannot be used",
                       "The Idempotency-Key header is empty; it must be 1 to 128 printable ASCII "
                       "characters, because it becomes the event's id.");
    }
    return std::nullopt;
}

}  // namespace

ApiFunction::ApiFunction(const event::Catalog& catalog, Send send, ApiSettings settings,
                         const Clock& clock, telemetry::Log& log, tracing::Tracer& tracer)
    : send_(std::move(send)),
      settings_(settings),
      clock_(clock),
      log_(log),
      tracer_(tracer),
      ids_(clock),
      decoder_(catalog, ids_, limits_of(settings)) {
}

lambda_runtime::Outcome ApiFunction::invoke(const Invocation& invocation) {
    const auto request = parse_proxy_event(invocation.payload);
    if (!request) {
        log_.error("The event cannot be read.", request.error());
        return std::unexpected(FunctionError("Tributary.InvalidEvent", request.error().message));
    }
    if (request->method == "OPTIONS" && is_events_path(request->path)) return to_json(preflight());
    return to_json(response_of(answer(*request, invocation)));
}

/// In the client's trace, else in the invocation's. What is called from here belongs to the span,
/// where there is one.
receipt::Answer ApiFunction::answer(const ProxyRequest& request, const Invocation& invocation) {
    if (auto refusal = refusal_of(request)) {
        refusal->id = ids_.next();
        return receipt::compose(*refusal, std::nullopt);
    }
    const std::string_view header = request.header("traceparent");
    const auto given = tracing::TraceContext::parse(header);
    const auto trace = given ? *given : tracer_.trace_of_invocation(invocation.trace_id);
    auto span = tracer_.begin("POST /events", tracing::Span::Kind::server, trace);
    if (!span) {
        return answer(request, invocation, given ? std::string(header) : trace.traceparent());
    }
    receipt::Answer answered = answer(request, invocation, span->context.traceparent());
    span->set("http.request.method", request.method);
    span->set("http.response.status_code", answered.status);
    span->set("faas.invocation_id", invocation.request_id);
    if (answered.status >= 500) span->failure = std::to_string(answered.status);
    tracer_.end(std::move(*span));
    return answered;
}

receipt::Answer ApiFunction::answer(const ProxyRequest& request, const Invocation& invocation,
                                    std::string traceparent) {
    const event::Envelope envelope = envelope_of(request, std::move(traceparent), clock_.now());
    auto decoded = decoder_.decode(request.body, envelope);
    if (!decoded) {
        const receipt::Problem refusal = receipt::problem_of(decoded.error());
        receipt::log_outcome(log_, kAction, envelope.traceparent, std::unexpected(refusal));
        return receipt::compose(refusal, std::nullopt);
    }
    return forward(std::move(*decoded), envelope.traceparent, limit_of(invocation));
}

/// The Producer's outcomes and our own refusals, in the order in which the items were sent.
receipt::Answer ApiFunction::forward(event::Decoded decoded, std::string_view traceparent,
                                     milliseconds limit) {
    std::vector<event::Event> events;
    for (event::DecodedItem& item : decoded.items) {
        if (item) events.push_back(std::move(*item));
    }
    producer_client::Sent sent;
    if (!events.empty()) sent = send_(events, limit);
    std::vector<receipt::ItemOutcome> outcomes;
    outcomes.reserve(decoded.items.size());
    for (std::size_t next = 0; const event::DecodedItem& item : decoded.items) {
        std::string_view trace = traceparent;
        if (item) {
            trace = events[next].traceparent;
            outcomes.push_back(std::move(sent.outcomes[next++]));
        } else {
            outcomes.emplace_back(std::unexpected(receipt::problem_of(item.error())));
        }
        receipt::log_outcome(log_, kAction, trace, outcomes.back());
    }
    receipt::Answer answer = receipt::compose(outcomes, decoded.is_batch, sent.retry_after);
    if (answer.status >= 500) log_failure(log_, answer.status, outcomes, sent.unreachable);
    return answer;
}

milliseconds ApiFunction::limit_of(const Invocation& invocation) const {
    const milliseconds left = invocation.deadline - clock_.now() - kAnswerMargin;
    return std::clamp(left, milliseconds(0), settings_.producer_limit);
}

}  // namespace tributary::api_forwarding
