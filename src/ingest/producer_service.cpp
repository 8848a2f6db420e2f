#include "ingest/producer_service.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/version.h"
#include "event/attribute_rules.h"
#include "http/origin.h"
#include "http/text.h"
#include "ingest/embedded_files.h"
#include "ingest/problems.h"
#include "ingest/request_metrics.h"
#include "ingest/responses.h"

namespace tributary::ingest {
namespace {

/// Absent is fine: then the event gets an id of ours.
bool has_usable_idempotency_key(const http::Headers& headers) {
    const auto is_key = [](const auto& field) {
        return http::equals_without_case(field.first, "Idempotency-Key");
    };
    const auto count = std::ranges::count_if(headers.all(), is_key);
    return count == 0 || (count == 1 && !event::flaw_of_id(headers.get("Idempotency-Key")));
}

std::vector<std::pair<std::string, std::string>> ce_attributes_of(const http::Headers& headers) {
    std::vector<std::pair<std::string, std::string>> attributes;
    for (const auto& [name, value] : headers.all()) {
        if (name.size() < 3 || name[2] != '-') continue;
        std::string lowered = name;
        std::ranges::transform(lowered, lowered.begin(), http::to_lower);
        if (lowered.starts_with("ce-")) attributes.emplace_back(lowered.substr(3), value);
    }
    return attributes;
}

struct RequestTrace {
    std::string traceparent;
    std::optional<tracing::Span> span;  ///< The request's own, where spans are exported.
};

/// The client's, or a new one.
RequestTrace trace_of(const http::Request& request, tracing::Tracer& tracer) {
    constexpr const char* kName = "POST /produce";
    const auto kind = tracing::Span::Kind::server;
    const std::string_view given = request.headers.get("traceparent");
    if (tracing::is_traceparent(given)) {
        return {std::string(given), tracer.begin(kName, kind, given)};
    }
    const tracing::TraceContext begun = tracer.begin_trace();
    return {begun.traceparent(), tracer.begin(kName, kind, begun)};
}

http::Response health() {
    return response_of(200, "application/json", R"({"status":"ok"})");
}

std::vector<std::unique_ptr<Quota>> quotas_for(const IngestSettings& settings, const Clock& clock) {
    std::vector<std::unique_ptr<Quota>> quotas;
    for (std::size_t i = 0; i < std::max<std::size_t>(settings.callers.size(), 1); ++i) {
        quotas.push_back(std::make_unique<Quota>(settings.quota, clock));
    }
    return quotas;
}

}  // namespace

/// One request's answer, and what is counted when it is given.
class ProducerService::Reply {
public:
    Reply(http::Responder responder, std::shared_ptr<RequestMetrics> metrics, const Route* route,
          std::string method, const Clock& clock)
        : responder_(std::move(responder)),
          metrics_(std::move(metrics)),
          route_(route),
          method_(std::move(method)),
          clock_(&clock),
          begun_(clock.steady_now()) {}

    /// The request has a span, which ends with the answer.
    void follow(tracing::Tracer& tracer, std::optional<tracing::Span> span) {
        tracer_ = &tracer;
        span_ = std::move(span);
    }

    void send(http::Response response) {
        if (span_) end(std::move(*span_), response.status);
        const std::chrono::duration<double> elapsed = clock_->steady_now() - begun_;
        metrics_->count(route_, method_, response.status, elapsed.count());
        responder_.send(std::move(response));
    }

private:
    void end(tracing::Span span, int status) const {
        span.set("http.request.method", method_);
        span.set("http.route", std::string(route_->path));
        span.set("http.response.status_code", status);
        if (status >= 500) span.failure = std::to_string(status);
        tracer_->end(std::move(span));
    }

    http::Responder responder_;
    std::shared_ptr<RequestMetrics> metrics_;
    const Route* route_;
    std::string method_;
    const Clock* clock_;
    SteadyTime begun_;
    tracing::Tracer* tracer_ = nullptr;
    std::optional<tracing::Span> span_;
};

ProducerService::ProducerService(IngestSettings settings, const event::Catalog& catalog,
                                 event_log::Writer& writer, http::EventLoop& loop,
                                 telemetry::Metrics& metrics, telemetry::Log& log,
                                 tracing::Tracer& tracer, const Clock& clock)
    : settings_(std::move(settings)),
      writer_(writer),
      metrics_(metrics),
      clock_(clock),
      intake_({.max_body_bytes = settings_.max_body_bytes,
               .max_batch_items = settings_.max_batch_items,
               .answer_deadline = settings_.answer_deadline},
              catalog, writer, loop, metrics, log, tracer, clock),
      tracer_(tracer),
      ids_(clock),
      quotas_(quotas_for(settings_, clock)),
      request_metrics_(std::make_shared<RequestMetrics>(metrics)) {
    telemetry::set_build_info(metrics, settings_.version);
}

ProducerService::~ProducerService() = default;

void ProducerService::begin_drain() {
    intake_.begin_drain();
}

http::BodyPolicy ProducerService::on_head(const http::Request& /*head*/) {
    http::BodyPolicy policy;
    policy.max_body_bytes = settings_.max_body_bytes;
    return policy;
}

void ProducerService::handle(http::Request request, http::Responder responder) {
    const Route* route = find_route(request.path());
    Reply reply(std::move(responder), request_metrics_, route, request.method, clock_);
    if (route == nullptr) {
        reply.send(response_of(not_found_problem(request.path())));
        return;
    }
    if (!allows(*route, request.method)) {
        auto response = response_of(method_problem(*route, request.method));
        response.headers.add("Allow", std::string(route->allow));
        reply.send(std::move(response));
        return;
    }
    switch (route->endpoint) {
        case Endpoint::produce: produce(request, std::move(reply)); return;
        case Endpoint::health: reply.send(health()); return;
        case Endpoint::ready: reply.send(readiness()); return;
        case Endpoint::metrics: reply.send(metrics_text()); return;
        case Endpoint::openapi:
            reply.send(
                response_of(200, "application/json", std::string(embedded_file("openapi.json"))));
            return;
        case Endpoint::docs:
            reply.send(page_response("text/html; charset=utf-8", "docs.html"));
            return;
        case Endpoint::docs_script:
            reply.send(page_response("text/javascript; charset=utf-8", "docs.js"));
            return;
        case Endpoint::docs_style:
            reply.send(page_response("text/css; charset=utf-8", "docs.css"));
            return;
    }
}

http::Response ProducerService::on_error(int status, std::string_view detail) {
    request_metrics_->count_unread(status);
    auto problem = server_problem(status, detail);
    problem.id = ids_.next();
    return response_of(receipt::compose(problem, writer_.expected_wait()));
}

/// The answer to a request that is refused before its events are looked at.
http::Response ProducerService::refusal(const http::Request& request, receipt::Problem problem) {
    const bool is_usable = has_usable_idempotency_key(request.headers);
    problem.id = event::id_or_new(is_usable ? request.headers.get("Idempotency-Key") : "", ids_);
    return response_of(problem);
}

/// Why a web page may not post this; nothing where it may, or where no page is behind it. Anybody's
/// page can have a browser reach this port, with a content type that asks for no preflight, and
/// call it by a name of its own that leads here.
std::optional<receipt::Problem> ProducerService::page_flaw(const http::Request& request) const {
    if (http::is_from_foreign_page(request)) return foreign_page_problem(request);
    const bool is_page = request.headers.contains("Origin");
    if (is_page && settings_.page_hosts &&
        !http::is_for_known_host(request, *settings_.page_hosts)) {
        return unknown_host_problem(request);
    }
    return std::nullopt;
}

void ProducerService::produce(const http::Request& request, Reply reply) {
    if (auto flaw = page_flaw(request)) {
        reply.send(refusal(request, std::move(*flaw)));
        return;
    }
    const auto place = identify(settings_.callers, request.headers.get("Authorization"));
    if (!settings_.callers.empty() && !place) {
        auto response =
            refusal(request, unauthorized_problem(request.headers.contains("Authorization")));
        response.headers.add("WWW-Authenticate", R"(Bearer realm="tributary")");
        reply.send(std::move(response));
        return;
    }
    if (!has_usable_idempotency_key(request.headers)) {
        reply.send(refusal(request, idempotency_key_problem()));
        return;
    }
    const Caller* caller = place ? &settings_.callers[*place] : nullptr;
    RequestTrace trace = trace_of(request, tracer_);
    const std::string span = trace.span ? trace.span->context.traceparent() : std::string();
    reply.follow(tracer_, std::move(trace.span));
    const Intake::Submission submission{
        .body = request.body,
        .envelope = envelope_of(request, caller, std::move(trace.traceparent)),
        .caller = caller,
        .quota = quotas_[place.value_or(0)].get(),
        .span = span,
    };
    intake_.submit(submission, [reply = std::move(reply)](receipt::Answer answer) mutable {
        reply.send(response_of(std::move(answer)));
    });
}

event::Envelope ProducerService::envelope_of(const http::Request& request, const Caller* caller,
                                             std::string traceparent) const {
    event::Envelope envelope;
    envelope.content_type = request.headers.get("Content-Type");
    envelope.ce_attributes = ce_attributes_of(request.headers);
    envelope.idempotency_key = request.headers.get("Idempotency-Key");
    envelope.traceparent = std::move(traceparent);
    if (caller != nullptr) envelope.source = caller->source();
    envelope.now = clock_.now();
    return envelope;
}

http::Response ProducerService::readiness() const {
    if (intake_.is_draining()) {
        return response_of(receipt::compose(not_ready_problem("This server is shutting down."),
                                            writer_.expected_wait()));
    }
    if (const auto ready = writer_.ready(); !ready) {
        return response_of(
            receipt::compose(not_ready_problem(ready.error().message), writer_.expected_wait()));
    }
    return response_of(200, "application/json",
                       fmt::format(R"({{"status":"ready","version":"{}"}})", kVersion));
}

void ProducerService::update_load() {
    metrics_
        .gauge("tributary_queue_bytes", "Bytes given to the event log that it has not confirmed.")
        .set(static_cast<double>(writer_.queued_bytes()));
    metrics_.gauge("tributary_open_answers", "Requests whose answer waits for the event log.")
        .set(static_cast<double>(intake_.open_answers()));
}

http::Response ProducerService::metrics_text() {
    update_load();
    telemetry::set_ready(metrics_, !intake_.is_draining() && writer_.ready());
    return response_of(200, "text/plain; version=0.0.4; charset=utf-8", metrics_.text());
}

}  // namespace tributary::ingest
