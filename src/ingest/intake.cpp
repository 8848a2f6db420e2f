#include "ingest/intake.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/rfc3339.h"
#include "ingest/publish_spans.h"
#include "receipt/outcome_log.h"
#include "tracing/trace_context.h"

namespace tributary::ingest {
namespace {

constexpr std::string_view kAction = "publish";

receipt::Problem over_quota_problem(std::chrono::milliseconds wait, const std::string& id) {
    receipt::Problem problem;
    problem.status = 429;
    problem.type = "/problems/over-quota";
    problem.title = "The caller's quota is used up";
    problem.detail =
        "This caller has sent more than its quota of events or bytes a second; send "
        "again in " +
        std::to_string(wait.count()) + " ms.";
    problem.id = id;
    problem.retry_safe = true;
    return problem;
}

receipt::Problem forbidden_problem(const Caller& caller, const event::Event& event) {
    receipt::Problem problem;
    problem.status = 403;
    problem.type = "/problems/forbidden-type";
    problem.title = "The caller may not send this type";
    problem.detail = "The caller '" + caller.name + "' may not send events of type '" +
                     event.type->name + "'; its token allows";
    for (const std::string& type : caller.types) problem.detail += " '" + type + "'";
    problem.detail += '.';
    problem.id = event.id;
    return problem;
}

event_log::RecordHeaders headers_of(const std::string& traceparent,
                                    const std::string& received_at) {
    std::vector<event_log::RecordHeader> headers;
    headers.reserve(traceparent.empty() ? 2 : 3);
    headers.emplace_back("content-type", "application/cloudevents+json; charset=UTF-8");
    if (!traceparent.empty()) headers.emplace_back("traceparent", traceparent);
    headers.emplace_back("tributary-received-at", received_at);
    return headers;
}

event_log::NewRecord record_of(event::Event event, event_log::RecordHeaders headers) {
    std::string key = event.key();
    return {event.type->topic, std::move(key), std::move(event.json), std::move(headers)};
}

/// The log limits repeats, so an outage does not become a line an event.
void log_failures(telemetry::Log& log, const OpenAnswers::Outcomes& outcomes) {
    const auto is_failure = [](const receipt::ItemOutcome& outcome) {
        return !outcome && outcome.error().status >= 500 &&
               outcome.error().type != "/problems/shutting-down";
    };
    const auto first = std::ranges::find_if(outcomes, is_failure);
    if (first == outcomes.end()) return;
    log.warn("The event log did not confirm events; their senders were told.",
             {{"tributary.events", std::count_if(first, outcomes.end(), is_failure)},
              {"error.type", first->error().type},
              {"error.message", first->error().detail}});
}

/// The log is asked only where the client will be told: it may have to look at its disk.
std::chrono::milliseconds retry_after(const OpenAnswers::Outcomes& outcomes,
                                      std::optional<std::chrono::milliseconds> over_quota,
                                      const event_log::Writer& writer) {
    if (over_quota) return *over_quota;
    const auto is_accepted = [](const receipt::ItemOutcome& outcome) {
        return outcome.has_value();
    };
    return std::ranges::all_of(outcomes, is_accepted) ? std::chrono::milliseconds(0)
                                                      : writer.expected_wait();
}

double seconds(SteadyTime::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

/// A request's items on their ways: refused ones are final, the others lie in `records` and have a
/// receipt that lacks its position.
struct Intake::Sorted {
    OpenAnswers::Outcomes outcomes;
    std::vector<std::size_t> open;  ///< Which of `outcomes` belongs to each of `records`.
    std::vector<event_log::NewRecord> records;
    PublishSpans spans;
    /// Which of `outcomes` are followed in the log, and their traces.
    std::vector<std::pair<std::size_t, std::string>> followed;
};

Intake::Intake(Limits limits, const event::Catalog& catalog, event_log::Writer& writer,
               http::EventLoop& loop, telemetry::Metrics& metrics, telemetry::Log& log,
               tracing::Tracer& tracer, const Clock& clock)
    : clock_(clock),
      writer_(writer),
      log_(log),
      tracer_(tracer),
      decoders_(catalog,
                event::Decoder::Limits{.max_items = limits.max_batch_items,
                                       .max_bytes = limits.max_body_bytes},
                clock),
      metrics_(std::make_shared<EventMetrics>(metrics, catalog)),
      answers_(std::make_shared<OpenAnswers>(
          loop, clock, limits.answer_deadline,
          [counts = metrics_](const event_log::AppendOutcome& outcome) {
              counts->count_late(outcome.has_value());
          })) {
}

void Intake::submit(const Submission& submission, Done done) {
    auto decoded = decoders_.decode(submission.body, submission.envelope);
    if (!decoded) {
        const receipt::Problem problem = receipt::problem_of(decoded.error());
        metrics_->count({std::unexpected(problem)});
        receipt::log_outcome(log_, kAction, submission.envelope.traceparent,
                             std::unexpected(problem));
        done(receipt::compose(problem, std::nullopt));
        return;
    }
    const bool is_batch = decoded->is_batch;
    const auto over_quota =
        submission.quota == nullptr
            ? std::nullopt
            : submission.quota->charge(decoded->items.size(), submission.body.size());
    Sorted sorted = sort(std::move(*decoded), submission, over_quota);
    // Everything that the answer needs, since it may be given when this object is gone.
    auto answer = [&writer = writer_, &log = log_, counts = metrics_, is_batch, over_quota,
                   followed = std::move(sorted.followed),
                   done = std::move(done)](const OpenAnswers::Outcomes& outcomes) mutable {
        counts->count(outcomes);
        for (const auto& [place, traceparent] : followed) {
            receipt::log_outcome(log, kAction, traceparent, outcomes[place]);
        }
        log_failures(log, outcomes);
        done(receipt::compose(outcomes, is_batch, retry_after(outcomes, over_quota, writer)));
    };
    if (sorted.records.empty()) {
        answer(sorted.outcomes);
        return;
    }
    auto reported =
        answers_->wait_for(std::move(sorted.outcomes), std::move(sorted.open), std::move(answer));
    writer_.append(std::move(sorted.records), [reported = std::move(reported), counts = metrics_,
                                               &clock = clock_, spans = std::move(sorted.spans),
                                               begun = clock_.steady_now()](auto outcomes) mutable {
        counts->observe_delivery(seconds(clock.steady_now() - begun));
        spans.end(outcomes);
        reported(std::move(outcomes));
    });
}

Intake::Sorted Intake::sort(event::Decoded decoded, const Submission& submission,
                            std::optional<std::chrono::milliseconds> over_quota) const {
    const std::string received_at = format_rfc3339(submission.envelope.now);
    event_log::RecordHeaders untraced;  // Shared by all records without a trace.
    Sorted sorted;
    sorted.outcomes.reserve(decoded.items.size());
    sorted.spans = PublishSpans(tracer_, submission.span);
    for (event::DecodedItem& item : decoded.items) {
        const std::string& traceparent = item ? item->traceparent : submission.envelope.traceparent;
        if (tracing::is_sampled(traceparent)) {
            sorted.followed.emplace_back(sorted.outcomes.size(), traceparent);
        }
        if (!item) {
            sorted.outcomes.emplace_back(std::unexpect, receipt::problem_of(item.error()));
        } else if (auto refusal = refusal_of(*item, submission, over_quota)) {
            sorted.outcomes.emplace_back(std::unexpect, std::move(*refusal));
        } else {
            sorted.open.push_back(sorted.outcomes.size());
            sorted.outcomes.emplace_back(
                receipt::Receipt{item->id, item->type->name, item->type->topic});
            const std::string stored = sorted.spans.add(traceparent, item->type->topic, item->id);
            if (stored.empty() && untraced.empty()) untraced = headers_of("", received_at);
            sorted.records.push_back(record_of(
                std::move(*item), stored.empty() ? untraced : headers_of(stored, received_at)));
        }
    }
    return sorted;
}

std::optional<receipt::Problem> Intake::refusal_of(
    const event::Event& event, const Submission& submission,
    std::optional<std::chrono::milliseconds> over_quota) const {
    if (submission.caller != nullptr && !submission.caller->may_send(*event.type)) {
        return forbidden_problem(*submission.caller, event);
    }
    if (is_draining_) {
        const Error draining(ErrorCode::shutting_down,
                             "This server is shutting down and has not persisted the event; send "
                             "it again, and another server will take it.");
        return receipt::problem_of(draining, event.id);
    }
    if (over_quota) return over_quota_problem(*over_quota, event.id);
    return std::nullopt;
}

}  // namespace tributary::ingest
