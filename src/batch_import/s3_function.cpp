#include "batch_import/s3_function.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <fmt/format.h>
#include <utility>

#include "receipt/json_text.h"

namespace tributary::batch_import {
namespace {

namespace json = boost::json;
using lambda_runtime::FunctionError;
using std::chrono::milliseconds;
using State = ImportOutcome::State;

constexpr milliseconds kMinMargin{3'000};
constexpr milliseconds kMaxMargin{30'000};

json::object summary_of(const CreatedObject& object, const ImportOutcome& outcome) {
    json::object summary{{"bucket", object.id.bucket},
                         {"key", receipt::utf8_only(object.id.key)},
                         {"state", to_string(outcome.state)},
                         {"accepted", outcome.accepted},
                         {"rejected", outcome.rejected}};
    if (!outcome.detail.empty()) summary["detail"] = receipt::utf8_only(outcome.detail);
    return summary;
}

}  // namespace

SteadyTime stop_time(const lambda_runtime::Invocation& invocation, const Clock& clock) {
    const milliseconds left = invocation.deadline - clock.now();
    const milliseconds margin = std::clamp(left / 10, kMinMargin, kMaxMargin);
    return clock.steady_now() + left - std::min(margin, left / 2);
}

S3Function::S3Function(Importer& importer, InvokeSelf invoke_self, GiveBack give_back,
                       std::int64_t max_continuations, const Clock& clock, telemetry::Log& log,
                       tracing::Tracer& tracer)
    : importer_(importer),
      invoke_self_(std::move(invoke_self)),
      give_back_(std::move(give_back)),
      max_continuations_(max_continuations),
      clock_(clock),
      log_(log),
      tracer_(tracer) {
}

lambda_runtime::Outcome S3Function::invoke(const lambda_runtime::Invocation& invocation) {
    Run run{stop_time(invocation, clock_), tracer_.trace_of_invocation(invocation.trace_id)};
    const auto event = parse_s3_event(invocation.payload);
    if (!event) {
        log_.error("The event cannot be read.", event.error());
        return std::unexpected(FunctionError("Tributary.InvalidEvent", event.error().message));
    }
    auto span = tracer_.begin("import", tracing::Span::Kind::consumer, run.trace);
    if (span) run.trace = span->context;
    auto outcome = event->is_from_sqs ? run_messages(*event, run) : run_direct(*event, run);
    if (span) {
        span->set("faas.invocation_id", invocation.request_id);
        if (!outcome) span->failure = outcome.error().type;
        tracer_.end(std::move(*span));
    }
    return outcome;
}

lambda_runtime::Outcome S3Function::run_direct(const S3Event& event, const Run& run) {
    json::array summaries;
    std::string failures;
    for (const CreatedObject& object : event.objects) {
        const auto outcome = run_object(object, run);
        Result<void> status;
        if (!outcome) {
            status = std::unexpected(outcome.error());
        } else if (outcome->state == State::paused) {
            status = go_on_later(object, *outcome, event.continuation + 1);
        }
        if (!status) {
            failures += fmt::format("{}s3://{}/{}: {}", failures.empty() ? "" : " ",
                                    object.id.bucket, object.id.key, status.error().message);
        } else {
            summaries.push_back(summary_of(object, *outcome));
        }
    }
    if (!failures.empty()) {
        return std::unexpected(
            FunctionError("Tributary.ImportFailed", receipt::utf8_only(failures)));
    }
    return json::serialize(json::object{{"objects", std::move(summaries)}});
}

lambda_runtime::Outcome S3Function::run_messages(const S3Event& event, const Run& run) {
    std::vector<std::string> failed;
    for (const SqsMessage& message : event.messages) {
        if (!is_message_done(message, run)) failed.push_back(message.id);
    }
    return sqs_response(failed);
}

/// A message that is not done comes again; one that never can be ends in the queue's own dead
/// letters.
bool S3Function::is_message_done(const SqsMessage& message, const Run& run) {
    if (clock_.steady_now() >= run.stop_at) return false;
    const auto event = parse_s3_event(message.body);
    if (!event) {
        log_.error("A message of the queue is no S3 notification.", event.error());
        return false;
    }
    bool is_done = true;
    bool goes_on = false;
    for (const CreatedObject& object : event->objects) {
        const auto outcome = run_object(object, run);
        is_done = is_done && outcome && outcome->state != State::paused;
        goes_on = goes_on || (outcome && outcome->state == State::paused && outcome->got_on);
    }
    if (goes_on) go_on_soon(message);
    return is_done;
}

/// Where that fails the message comes again all the same, later.
void S3Function::go_on_soon(const SqsMessage& message) {
    if (auto given = give_back_(message); !given) {
        log_.warn("A message stays hidden until its visibility timeout.", given.error());
    }
}

Result<ImportOutcome> S3Function::run_object(const CreatedObject& object, const Run& run) {
    return importer_.run(object.id, object.version, run.trace, run.stop_at);
}

Result<void> S3Function::go_on_later(const CreatedObject& object, const ImportOutcome& outcome,
                                     std::int64_t continuation) {
    if (continuation > max_continuations_) {
        return fail(ErrorCode::conflict,
                    fmt::format("{} It was continued {} times, as often as MAX_CONTINUATIONS "
                                "allows. Split the file, or raise the limit.",
                                outcome.detail, max_continuations_));
    }
    auto invoked = invoke_self_(continuation_event(object, outcome.version, continuation));
    if (!invoked) {
        return fail(ErrorCode::unavailable, fmt::format("{} Invoking itself for that failed: {}",
                                                        outcome.detail, invoked.error().message));
    }
    return {};
}

}  // namespace tributary::batch_import
