#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/append_call.h"
#include "event_log/kafka/drain_rate.h"
#include "event_log/kafka/kafka_log.h"
#include "event_log/kafka/producer_session.h"

namespace tributary::event_log::kafka {

/// Group commit for every partition: a record goes to Kafka at once when nothing of its partition
/// is under way, and gathers with others while something is. Outcomes come from each record's own
/// delivery report, on the thread that waits for them.
class KafkaWriter final : public Writer {
public:
    KafkaWriter(KafkaLogSettings settings, const Clock& clock);
    /// What still waits gets `shutting_down`; what is under way gets two seconds, then `timed_out`.
    ~KafkaWriter() override;

    void append(std::vector<NewRecord> records, Done done) override;
    [[nodiscard]] Result<void> ready() const override;
    [[nodiscard]] std::size_t queued_bytes() const override;
    [[nodiscard]] std::chrono::milliseconds expected_wait() const override;
    void drain(std::chrono::milliseconds limit) override;

    /// For tests, which make it fail; null while it is replaced.
    [[nodiscard]] std::shared_ptr<ProducerSession> session() const;

private:
    using Session = std::shared_ptr<ProducerSession>;

    // Under the lock.
    Result<void> admit(const NewRecord& record, std::size_t bytes) const;
    void enqueue(PendingRecord& pending);
    void enter_lane(PendingRecord& pending);
    Topic& topic_named(const std::string& name);
    void hand_over_touched(FinishedCalls& finished);
    void hand_over(Lane& lane, FinishedCalls& finished);
    bool hand_over(PendingRecord& pending, Lane& lane, FinishedCalls& finished);
    void expire(Lane& lane, SteadyTime now, FinishedCalls& finished);
    void settle_first(Lane& lane, Error error, FinishedCalls& finished);
    void settle(PendingRecord& pending, AppendOutcome outcome, FinishedCalls& finished);
    void settle_all_waiting(const Error& error, FinishedCalls& finished);
    void settle_under_way(const Error& error, FinishedCalls& finished);
    void release(AppendCall& call);

    void answer(FinishedCalls finished);

    // The thread that waits for reports (kafka_writer_reports.cpp).
    void serve(const std::stop_token& stop);
    void serve_events(ProducerSession& session);
    void take_reports(ProducerSession& session, rd_kafka_event_t& event);
    bool take_report(const rd_kafka_message_t& report, SteadyTime now, FinishedCalls& finished);
    void refuse_followers(const PendingRecord& failed, FinishedCalls& finished);
    void take_error(ProducerSession& session, rd_kafka_event_t& event);
    void begin_replacement(ProducerSession& session, const std::string& reason);
    void replace_when_settled();
    Session retire_session(FinishedCalls& finished);

    // The thread that asks the broker about topics (kafka_writer_watch.cpp).
    void watch(const std::stop_token& stop);
    void look_after(const Session& session, FinishedCalls& finished);
    void apply(const Result<std::vector<ProducerSession::TopicAnswer>>& answers,
               FinishedCalls& finished);
    void apply(const ProducerSession::TopicAnswer& answer, FinishedCalls& finished);
    void hand_over_late(FinishedCalls& finished);

    const KafkaLogSettings settings_;
    const Clock& clock_;
    const std::size_t requests_in_flight_;  ///< To one broker.

    mutable std::mutex mutex_;
    std::condition_variable_any watch_wanted_;
    std::condition_variable_any progress_;  ///< Outcomes were delivered, or a broker was asked.
    Session session_;                       ///< Null while it is replaced.
    std::map<std::string, Topic, std::less<>> topics_;
    std::list<AppendCall> calls_;
    std::vector<Lane*> touched_;  ///< By the call under way.
    std::deque<Lane*> ready_;     ///< Nothing of theirs is under way; they wait for their turn.
    std::size_t lanes_under_way_ = 0;
    std::size_t leaders_ = 1;  ///< Brokers that lead a partition of ours.
    std::size_t queued_bytes_ = 0;
    std::size_t in_flight_ = 0;    ///< Records that librdkafka has.
    std::size_t undelivered_ = 0;  ///< Calls whose `done` was not yet called.
    bool draining_ = false;
    bool ask_wanted_ = true;  ///< A topic is new, a session is, or nobody answers.
    bool was_asked_ = false;
    /// A fatal error ended the session; until its reports have come, nothing new is taken.
    std::optional<SteadyTime> replace_by_;
    std::optional<Error> trouble_;  ///< Why the broker cannot take records now.
    DrainRate rate_;

    EventFd wake_;
    std::jthread watching_;  ///< These two last: they use everything above.
    std::jthread serving_;
};

}  // namespace tributary::event_log::kafka
