#include "lambda_runtime/scheduler.h"

#include <algorithm>
#include <csignal>
#include <fmt/format.h>
#include <poll.h>

#include "lambda_runtime/runtime_api.h"

namespace tributary::lambda_runtime {
namespace {

/// Between SIGTERM and SIGKILL.
constexpr std::chrono::seconds kEndingTime{1};

http::Response accepted() {
    http::Response response;
    response.status = 202;
    response.headers.add("Content-Type", "application/json");
    response.body = R"({"status":"OK"})";
    return response;
}

http::Response invalid_request_id() {
    http::Response response;
    response.status = 400;
    response.headers.add("Content-Type", "application/json");
    response.body =
        error_body(FunctionError("InvalidRequestID", "This instance has no such event."));
    return response;
}

std::unexpected<InvocationFailure> failure(FailureKind kind, std::string type,
                                           std::string message) {
    return std::unexpected(InvocationFailure(kind, std::move(type), std::move(message)));
}

}  // namespace

Scheduler::Scheduler(FunctionSettings settings, http::EventLoop& loop, const Clock& clock,
                     telemetry::Log& log)
    : settings_(std::move(settings)),
      loop_(loop),
      clock_(clock),
      log_(log),
      mailbox_(std::make_shared<Mailbox>()),
      ids_(clock),
      thread_([this] { run(); }) {
}

Scheduler::~Scheduler() {
    shutdown(std::chrono::milliseconds(0));
}

void Scheduler::invoke(std::string payload, std::string trace_id, Invoker::Done done) {
    FailureKind refusal = FailureKind::throttled;
    {
        const std::scoped_lock lock(admission_);
        if (!refuses_ && admitted_ < settings_.max_instances + settings_.max_waiting) {
            ++admitted_;
            mailbox_->post(Work{std::move(payload), std::move(trace_id), std::move(done),
                                clock_.steady_now()});
            return;
        }
        if (refuses_) refusal = FailureKind::shutting_down;
    }
    if (refusal == FailureKind::shutting_down) {
        return done(
            failure(refusal, "ServiceException",
                    fmt::format("{} takes no events, it is shutting down.", settings_.name)));
    }
    done(failure(refusal, "TooManyRequestsException",
                 fmt::format("{} has {} instances at work and {} events waiting; retry.",
                             settings_.name, settings_.max_instances, settings_.max_waiting)));
}

void Scheduler::shutdown(std::chrono::milliseconds grace) {
    {
        const std::scoped_lock lock(admission_);
        refuses_ = true;
    }
    mailbox_->post_stop(grace);
    const std::scoped_lock lock(joining_);
    if (thread_.joinable()) thread_.join();
}

FunctionHost::Counts Scheduler::counts() const {
    const std::scoped_lock lock(admission_);
    FunctionHost::Counts counts = counts_;
    counts.waiting = admitted_ - std::min(admitted_, counts.running);
    return counts;
}

void Scheduler::run() {
    while (!stop_at_ || !instances_.empty()) {
        Mailbox::Letters letters = mailbox_->take();
        if (letters.stop) begin_stop(*letters.stop);
        for (RuntimeCall& call : letters.calls) answer(std::move(call));
        for (Work& work : letters.work) waiting_.push_back(std::move(work));
        reap();
        expire();
        dispatch();
        scale();
        publish_counts();
        if (!stop_at_ || !instances_.empty()) wait_for_something();
    }
}

void Scheduler::answer(RuntimeCall call) {
    Instance* instance = find(call.instance);
    if (instance == nullptr) return;
    switch (call.kind) {
        case RuntimeCall::Kind::next:
            return instance->wait_for_work(std::move(call.responder), clock_.steady_now());
        case RuntimeCall::Kind::response:
        case RuntimeCall::Kind::error: return answer_invocation(*instance, std::move(call));
        case RuntimeCall::Kind::init_error: {
            const FunctionError error = parse_error_body(call.body);
            call.responder.send(accepted());
            if (instance->state() != State::preparing) return;
            instance->end(SIGTERM, clock_.steady_now());
            const std::string reason = fmt::format("{} could not be set up: {}: {}", settings_.name,
                                                   error.type, error.message);
            note_failure(reason);
            return fail_first_waiting("Runtime.InitError", reason);
        }
    }
}

void Scheduler::answer_invocation(Instance& instance, RuntimeCall call) {
    std::optional<Work> work = instance.finish(call.request_id, clock_.steady_now());
    if (!work) return call.responder.send(invalid_request_id());
    call.responder.send(accepted());
    failures_in_a_row_ = 0;
    if (call.kind == RuntimeCall::Kind::response) {
        return finish(std::move(*work), std::move(call.body));
    }
    FunctionError error = parse_error_body(call.body);
    finish(std::move(*work),
           failure(FailureKind::function_error, std::move(error.type), std::move(error.message)));
}

void Scheduler::begin_stop(std::chrono::milliseconds grace) {
    const auto until = clock_.steady_now() + grace;
    stop_at_ = stop_at_ ? std::min(*stop_at_, until) : until;
}

void Scheduler::reap() {
    const auto has_ended = [this](const std::unique_ptr<Instance>& instance) {
        const auto status = instance->child().poll();
        if (!status) return false;
        const State state = instance->state();
        std::optional<Work> work = instance->end(0, clock_.steady_now());
        if (state == State::ending) return true;
        const std::string reason = fmt::format("{} {}", settings_.name, status->description());
        note_failure(reason);
        if (work) {
            finish(std::move(*work), failure(FailureKind::crashed, "Runtime.ExitError",
                                             reason + " before it answered."));
        } else if (state == State::preparing) {
            fail_first_waiting("Runtime.ExitError", reason + " before it asked for an event.");
        }
        return true;
    };
    std::erase_if(instances_, has_ended);
}

void Scheduler::expire() {
    for (const auto& instance : instances_) expire_instance(*instance);
    const auto now = clock_.steady_now();
    while (!waiting_.empty() &&
           (stop_at_ || now >= waiting_.front().admitted + settings_.max_wait)) {
        Work work = std::move(waiting_.front());
        waiting_.pop_front();
        if (stop_at_) {
            finish(std::move(work),
                   failure(FailureKind::shutting_down, "ServiceException",
                           fmt::format("{} is shutting down; the event was not begun.",
                                       settings_.name)));
        } else {
            finish(std::move(work),
                   failure(FailureKind::throttled, "TooManyRequestsException",
                           fmt::format("No instance of {} was free within {} ms; retry.",
                                       settings_.name, settings_.max_wait.count())));
        }
    }
}

void Scheduler::expire_instance(Instance& instance) {
    const auto now = clock_.steady_now();
    const auto age = now - instance.since();
    switch (instance.state()) {
        case State::preparing:
            if (stop_at_) {
                instance.end(SIGTERM, now);
            } else if (age >= settings_.init_timeout) {
                instance.end(SIGKILL, now);
                const std::string reason =
                    fmt::format("{} did not ask for an event within {} ms and was killed.",
                                settings_.name, settings_.init_timeout.count());
                note_failure(reason);
                fail_first_waiting("Runtime.InitError", reason);
            }
            return;
        case State::idle: {
            const bool is_extra = alive() > settings_.min_instances && age >= settings_.idle_time;
            if (stop_at_ || is_extra) instance.end(SIGTERM, now);
            return;
        }
        case State::busy: {
            const bool is_stopped = stop_at_ && now >= *stop_at_;
            if (age < settings_.timeout && !is_stopped) return;
            std::optional<Work> work = instance.end(is_stopped ? SIGTERM : SIGKILL, now);
            const std::string reason =
                is_stopped ? fmt::format("{} was stopped while it worked.", settings_.name)
                           : fmt::format("{} did not answer within {} ms and was killed.",
                                         settings_.name, settings_.timeout.count());
            if (!is_stopped) note_failure(reason);
            if (work) {
                finish(std::move(*work),
                       failure(FailureKind::timed_out, "Sandbox.Timedout", reason));
            }
            return;
        }
        case State::ending:
            if (age >= kEndingTime) instance.end(SIGKILL, now);
            return;
    }
}

void Scheduler::dispatch() {
    const std::string arn =
        fmt::format("arn:aws:lambda:{}:000000000000:function:{}", settings_.region, settings_.name);
    for (const auto& instance : instances_) {
        if (waiting_.empty()) return;
        if (instance->state() != State::idle) continue;
        Work work = std::move(waiting_.front());
        waiting_.pop_front();
        if (work.trace_id.empty()) work.trace_id = make_trace_id();
        instance->give(std::move(work), ids_.next(), clock_.now() + settings_.timeout, arn,
                       clock_.steady_now());
    }
}

bool Scheduler::lacks_instances() const {
    // Those that are ending hold memory too: never more processes than allowed.
    if (stop_at_ || instances_.size() >= settings_.max_instances) return false;
    const std::size_t needed = count(State::busy) + waiting_.size();
    return alive() < std::max(needed, settings_.min_instances);
}

void Scheduler::scale() {
    while (lacks_instances() && clock_.steady_now() >= may_start_at_) start_instance();
}

void Scheduler::start_instance() {
    auto report = [mailbox = mailbox_](RuntimeCall call) { mailbox->post(std::move(call)); };
    auto instance =
        Instance::start(++last_instance_, settings_, loop_, std::move(report), clock_.steady_now());
    if (!instance) {
        note_failure(instance.error().message);
        return fail_first_waiting("Runtime.InvalidEntrypoint", instance.error().message);
    }
    log_.debug("Started an instance.",
               {{"faas.name", settings_.name}, {"process.pid", (*instance)->child().pid()}});
    instances_.push_back(std::move(*instance));
}

void Scheduler::wait_for_something() {
    std::vector<pollfd> waited{{mailbox_->fd(), POLLIN, 0}};
    for (const auto& instance : instances_)
        waited.push_back({instance->child().pidfd(), POLLIN, 0});
    const SteadyTime due = next_due();
    int timeout = -1;
    if (due != SteadyTime::max()) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(due - clock_.steady_now()).count();
        timeout = static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
    }
    ::poll(waited.data(), waited.size(), timeout);
}

SteadyTime Scheduler::next_due() const {
    SteadyTime due = SteadyTime::max();
    const auto consider = [&due](SteadyTime time) { due = std::min(due, time); };
    const bool has_extra = alive() > settings_.min_instances;
    for (const auto& instance : instances_) {
        const SteadyTime since = instance->since();
        switch (instance->state()) {
            case State::preparing: consider(since + settings_.init_timeout); break;
            case State::idle:
                if (has_extra) consider(since + settings_.idle_time);
                break;
            case State::busy:
                consider(since + settings_.timeout);
                if (stop_at_) consider(*stop_at_);
                break;
            case State::ending: consider(since + kEndingTime); break;
        }
    }
    if (!waiting_.empty()) consider(waiting_.front().admitted + settings_.max_wait);
    if (lacks_instances()) consider(may_start_at_);
    return due;
}

void Scheduler::note_failure(std::string reason) {
    const auto delay = settings_.first_backoff * (1 << std::min(failures_in_a_row_, 16));
    may_start_at_ = clock_.steady_now() + std::min(delay, settings_.max_backoff);
    ++failures_in_a_row_;
    log_.warn("An instance failed and will be replaced.",
              {{"faas.name", settings_.name}, {"error.message", std::move(reason)}});
}

void Scheduler::fail_first_waiting(const std::string& type, const std::string& reason) {
    if (waiting_.empty()) return;
    Work work = std::move(waiting_.front());
    waiting_.pop_front();
    finish(std::move(work), failure(FailureKind::crashed, type, reason));
}

void Scheduler::finish(Work work, InvocationResult result) {
    {
        const std::scoped_lock lock(admission_);
        --admitted_;
    }
    work.done(std::move(result));
}

Instance* Scheduler::find(std::uint64_t id) {
    const auto found = std::ranges::find_if(
        instances_, [id](const auto& instance) { return instance->id() == id; });
    return found == instances_.end() ? nullptr : found->get();
}

std::size_t Scheduler::count(State state) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        instances_, [state](const auto& instance) { return instance->state() == state; }));
}

void Scheduler::publish_counts() {
    const std::scoped_lock lock(admission_);
    counts_.instances = alive();
    counts_.ready =
        static_cast<std::size_t>(std::ranges::count_if(instances_, [](const auto& instance) {
            return instance->is_set_up() && instance->state() != State::ending;
        }));
    counts_.running = count(State::busy);
}

std::string Scheduler::make_trace_id() {
    std::string random = ids_.next();
    std::erase(random, '-');
    const auto seconds =
        std::chrono::floor<std::chrono::seconds>(clock_.now()).time_since_epoch().count();
    return fmt::format("Root=1-{:08x}-{};Sampled=0", seconds, random.substr(8));
}

}  // namespace tributary::lambda_runtime
