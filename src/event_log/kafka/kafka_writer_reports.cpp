#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <poll.h>
#include <set>
#include <utility>

#include "event_log/kafka/errors.h"
#include "event_log/kafka/kafka_writer.h"

/// The thread that waits for delivery reports, and what follows from a fatal error.
namespace tributary::event_log::kafka {
namespace {

/// How long the reports of a session that failed may take.
constexpr auto kReportsOfFailed = std::chrono::milliseconds(5'000);
constexpr int kSettleSlice = 100;  // Milliseconds.

Timestamp timestamp_of(const rd_kafka_message_t& report) {
    rd_kafka_timestamp_type_t type{};
    return Timestamp(std::chrono::milliseconds(rd_kafka_message_timestamp(&report, &type)));
}

/// What may be said to the client is decided by what librdkafka knows of the record, not by what
/// went wrong. A success without an offset is a retry that the broker took for a duplicate: most
/// likely it is one, but nobody can say where it lies.
AppendOutcome outcome_of(const rd_kafka_message_t& report, const NewRecord& record) {
    const bool has_no_error = report.err == RD_KAFKA_RESP_ERR_NO_ERROR;
    if (has_no_error && report.offset >= 0) {
        return LogPosition{report.partition, report.offset, timestamp_of(report)};
    }
    const auto* reason = has_no_error ? "it named no offset" : rd_kafka_err2str(report.err);
    if (has_no_error || rd_kafka_message_status(&report) != RD_KAFKA_MSG_STATUS_NOT_PERSISTED) {
        return fail(ErrorCode::timed_out,
                    fmt::format("Kafka did not confirm the record for the topic '{}' ({}); it may "
                                "have been written. Retry with the same id.",
                                record.topic, reason));
    }
    switch (code_of(report.err)) {
        case ErrorCode::not_found: return std::unexpected(missing_topic(record.topic));
        case ErrorCode::invalid_input:
            return fail(ErrorCode::invalid_input,
                        fmt::format("Kafka refuses the record for the topic '{}': {}.",
                                    record.topic, reason));
        default:
            return fail(ErrorCode::unavailable,
                        fmt::format("Kafka did not take the record for the topic '{}' ({}); "
                                    "nothing was written.",
                                    record.topic, reason));
    }
}

/// Whether the record itself is at fault: that says nothing about its neighbours.
bool is_of_record(const Error& error) {
    return error.code == ErrorCode::invalid_input;
}

/// Whether librdkafka gave up a record and goes on trying to write one behind it.
bool is_broken(const AppendCall& call) {
    if (call.open == 0) return false;  // Answered already; its outcomes are gone.
    std::set<const Lane*> failed;
    for (const auto& pending : call.pending) {
        if (pending.lane == nullptr) continue;
        if (!pending.is_settled) {
            if (failed.contains(pending.lane)) return true;
            continue;
        }
        const auto& outcome = call.outcomes[pending.index];
        if (!outcome && !is_of_record(outcome.error())) failed.insert(pending.lane);
    }
    return false;
}

}  // namespace

void KafkaWriter::serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        auto session = this->session();
        bool is_replacing = false;
        {
            const std::lock_guard lock(mutex_);
            is_replacing = replace_by_.has_value();
        }
        std::array<pollfd, 2> signals{{{wake_.get(), POLLIN, 0}, {-1, POLLIN, 0}}};
        if (session) signals[1].fd = session->fd();
        ::poll(signals.data(), signals.size(), is_replacing ? kSettleSlice : -1);
        wake_.clear();
        if (session) serve_events(*session);
        // The last to hold a retired session destroys it, which may take long: not this thread.
        session.reset();
        if (is_replacing) replace_when_settled();
    }
}

/// First the signal, then the queue until it is empty: librdkafka signals only the first event of
/// an empty queue.
void KafkaWriter::serve_events(ProducerSession& session) {
    session.clear_signal();
    while (const auto event = session.next_event()) {
        switch (rd_kafka_event_type(event.get())) {
            case RD_KAFKA_EVENT_DR: take_reports(session, *event); break;
            case RD_KAFKA_EVENT_ERROR: take_error(session, *event); break;
            default: break;
        }
    }
}

/// What was handed over together is reported on together, but for what librdkafka gives up by its
/// time: it counts that for each record and looks once a second, so that it may give up the first
/// ones and still write the rest, which the client's retry would follow. Seldom, since they were
/// handed over within milliseconds; then what this session still has is taken back.
void KafkaWriter::take_reports(ProducerSession& session, rd_kafka_event_t& event) {
    FinishedCalls finished;
    bool breaks_order = false;
    {
        const std::lock_guard lock(mutex_);
        const auto before = queued_bytes_;
        const auto now = clock_.steady_now();
        bool any_failed = false;
        while (const auto* report = rd_kafka_event_message_next(&event)) {
            any_failed |= take_report(*report, now, finished);
        }
        breaks_order =
            any_failed && !draining_ && !replace_by_ && std::ranges::any_of(calls_, is_broken);
        rate_.note(before - queued_bytes_, now);
        hand_over_touched(finished);
        if (in_flight_ == 0) progress_.notify_all();
    }
    answer(std::move(finished));
    if (breaks_order) {
        begin_replacement(session,
                          "it gave up some records of a request and not those behind them");
    }
}

/// Whether somebody waits for the record and hears that it failed by no fault of its own.
bool KafkaWriter::take_report(const rd_kafka_message_t& report, SteadyTime now,
                              FinishedCalls& finished) {
    auto& pending = *static_cast<PendingRecord*>(report._private);
    auto& lane = *pending.lane;
    auto& call = *pending.call;
    --in_flight_;
    --call.in_flight;
    if (--lane.in_flight == 0) {
        --lanes_under_way_;
        if (!lane.waiting.empty() && !std::exchange(lane.is_touched, true)) {
            touched_.push_back(&lane);
        }
    }
    if (pending.is_settled) {
        release(call);
        return false;
    }
    auto& record = call.records[pending.index];
    auto outcome = outcome_of(report, record);
    record.value = {};  // librdkafka has let go of it; the call may wait long for its neighbours.
    if (outcome) lane.confirmed = now;
    const bool has_failed = !outcome && !is_of_record(outcome.error());
    if (has_failed) refuse_followers(pending, finished);
    settle(pending, std::move(outcome), finished);
    return has_failed;
}

/// The client will send the failed record again, so those behind it in the same call must not
/// overtake it. They lie at the front: calls do not mix within a lane.
void KafkaWriter::refuse_followers(const PendingRecord& failed, FinishedCalls& finished) {
    auto& lane = *failed.lane;
    while (!lane.waiting.empty() && lane.waiting.front()->call == failed.call) {
        settle_first(lane,
                     {ErrorCode::unavailable,
                      fmt::format("A record before this one for the topic '{}' was not confirmed, "
                                  "so this one was not written.",
                                  lane.topic.name)},
                     finished);
    }
}

void KafkaWriter::take_error(ProducerSession& session, rd_kafka_event_t& event) {
    const auto* reason = rd_kafka_event_error_string(&event);
    if (rd_kafka_event_error_is_fatal(&event) != 0) {
        begin_replacement(session, reason);
        return;
    }
    if (rd_kafka_event_error(&event) != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
    const std::lock_guard lock(mutex_);
    trouble_ = Error(ErrorCode::unavailable, fmt::format("No broker of {} answers: {}.",
                                                         settings_.bootstrap_servers, reason));
    ask_wanted_ = true;
    watch_wanted_.notify_all();
}

/// An idempotent producer that failed takes nothing any more. Everybody who waits is answered
/// before another one begins, so that no record overtakes an older one.
void KafkaWriter::begin_replacement(ProducerSession& session, const std::string& reason) {
    FinishedCalls finished;
    {
        const std::lock_guard lock(mutex_);
        if (replace_by_) return;  // The purge of one that failed makes more of them fail.
        replace_by_ = clock_.steady_now() + kReportsOfFailed;
        trouble_ = Error(ErrorCode::unavailable,
                         fmt::format("Kafka's client failed and is replaced: {}.", reason));
        settle_all_waiting({ErrorCode::unavailable,
                            fmt::format("Kafka's client failed before it had the record ({}); "
                                        "nothing was written.",
                                        reason)},
                           finished);
    }
    if (settings_.log) {
        settings_.log(3, fmt::format("The producer failed and is replaced: {}", reason));
    }
    answer(std::move(finished));
    session.purge();
    wake_.raise();
}

void KafkaWriter::replace_when_settled() {
    FinishedCalls finished;
    Session old;
    {
        const std::lock_guard lock(mutex_);
        if (in_flight_ > 0 && replace_by_ && clock_.steady_now() < *replace_by_) return;
        old = retire_session(finished);
    }
    answer(std::move(finished));
    if (old) destroy_within(std::move(old), std::chrono::milliseconds(0));
    auto session = ProducerSession::open(settings_);
    const std::lock_guard lock(mutex_);
    if (!session) {
        trouble_ = session.error();
        return;
    }
    session_ = std::move(*session);
    replace_by_.reset();
    ask_wanted_ = true;
    watch_wanted_.notify_all();
}

/// Under the lock. What librdkafka still has is answered, and stays in memory as long as the
/// session does.
KafkaWriter::Session KafkaWriter::retire_session(FinishedCalls& finished) {
    settle_under_way({ErrorCode::timed_out,
                      "Kafka's client ended before it reported on the record; it may have been "
                      "written. Retry with the same id."},
                     finished);
    for (auto& [name, topic] : topics_) {
        topic.handle = nullptr;
        for (auto& lane : topic.lanes) {
            lane.in_flight = 0;
            lane.confirmed.reset();
        }
    }
    in_flight_ = 0;
    lanes_under_way_ = 0;
    auto kept = std::make_shared<std::list<AppendCall>>(std::move(calls_));
    calls_.clear();
    if (session_) session_->keep(std::move(kept));
    return std::exchange(session_, nullptr);
}

}  // namespace tributary::event_log::kafka
