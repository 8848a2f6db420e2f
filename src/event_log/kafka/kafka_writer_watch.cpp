#include <algorithm>
#include <fmt/format.h>
#include <set>
#include <utility>

#include "event_log/kafka/errors.h"
#include "event_log/kafka/kafka_writer.h"

/// The thread that asks the broker: which partitions a topic has, and whether it answers at all.
namespace tributary::event_log::kafka {
namespace {

constexpr auto kInterval = std::chrono::milliseconds(1'000);
constexpr auto kPauseAfterFailure = std::chrono::milliseconds(250);
constexpr auto kAnswerWithin = std::chrono::milliseconds(1'000);
/// A batch that takes longer is no reason to wait: librdkafka must count the time of those behind
/// it, too.
constexpr auto kGatherAtMost = std::chrono::milliseconds(1'000);

}  // namespace

void KafkaWriter::watch(const std::stop_token& stop) {
    bool failed = false;
    while (!stop.stop_requested()) {
        FinishedCalls finished;
        Session session;
        {
            std::unique_lock lock(mutex_);
            watch_wanted_.wait_for(lock, stop, failed ? kPauseAfterFailure : kInterval,
                                   [&] { return ask_wanted_ && !failed; });
            if (stop.stop_requested()) return;
            hand_over_late(finished);
            ask_wanted_ = false;
            session = session_;
        }
        answer(std::move(finished));
        if (session) {
            FinishedCalls named;
            look_after(session, named);
            answer(std::move(named));
        }
        const std::lock_guard lock(mutex_);
        was_asked_ = true;
        failed = trouble_.has_value() || ask_wanted_;
        progress_.notify_all();
    }
}

void KafkaWriter::look_after(const Session& session, FinishedCalls& finished) {
    const auto answers = session->ask(kAnswerWithin);
    const std::lock_guard lock(mutex_);
    // Of a session that was replaced meanwhile, nothing is to be learned.
    if (session != session_ || replace_by_) return;
    apply(answers, finished);
}

void KafkaWriter::apply(const Result<std::vector<ProducerSession::TopicAnswer>>& answers,
                        FinishedCalls& finished) {
    if (!answers) {
        trouble_ = no_answer(settings_.bootstrap_servers, answers.error().message);
        return;
    }
    trouble_.reset();
    std::set<std::int32_t> leaders;
    for (const auto& answer : *answers) {
        apply(answer, finished);
        leaders.insert(answer.leaders.begin(), answer.leaders.end());
    }
    leaders_ = std::max<std::size_t>(1, leaders.size());
    for (const auto& [name, topic] : topics_) ask_wanted_ |= !topic.unresolved.empty();
    hand_over_touched(finished);
}

void KafkaWriter::apply(const ProducerSession::TopicAnswer& answer, FinishedCalls& finished) {
    const auto found = topics_.find(answer.topic);
    if (found == topics_.end()) return;
    auto& topic = found->second;
    const auto refuse = [&](const Error& error) {
        for (auto* pending : std::exchange(topic.unresolved, {})) {
            settle(*pending, std::unexpected(error), finished);
        }
    };
    switch (answer.error) {
        case RD_KAFKA_RESP_ERR_NO_ERROR: break;
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
            topic.is_known = false;
            return refuse(missing_topic(answer.topic));
        case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
            return refuse(
                error_of(answer.error, fmt::format("Kafka refuses the topic '{}'", answer.topic)));
        default: return;  // Passing, such as an election; asked again.
    }
    while (topic.lanes.size() < static_cast<std::size_t>(answer.partitions)) {
        topic.lanes.emplace_back(topic, static_cast<std::int32_t>(topic.lanes.size()));
    }
    topic.is_known = !topic.lanes.empty();
    if (!topic.is_known) return;
    for (auto* pending : std::exchange(topic.unresolved, {})) enqueue(*pending);
}

/// What waits for a slow batch, and what waits for a topic that nobody could name. Not behind a
/// part of its own call: librdkafka may give that up, and a broker that comes back take the rest.
void KafkaWriter::hand_over_late(FinishedCalls& finished) {
    const auto now = clock_.steady_now();
    for (auto& [name, topic] : topics_) {
        while (!topic.unresolved.empty() &&
               topic.unresolved.front()->since + settings_.waiting_timeout < now) {
            auto& pending = *topic.unresolved.front();
            topic.unresolved.pop_front();
            settle(pending,
                   fail(ErrorCode::unavailable,
                        fmt::format("Kafka did not say within {} ms which partitions the topic "
                                    "'{}' has; nothing was written.",
                                    settings_.waiting_timeout.count(), name)),
                   finished);
        }
        for (auto& lane : topic.lanes) {
            expire(lane, now, finished);
            if (lane.waiting.empty() || lane.handed_over + kGatherAtMost >= now) continue;
            const bool is_rest = lane.in_flight > 0 && lane.waiting.front()->follows;
            if (!is_rest) hand_over(lane, finished);
        }
    }
}

}  // namespace tributary::event_log::kafka
