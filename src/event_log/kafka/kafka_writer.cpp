#include "event_log/kafka/kafka_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/errors.h"

/// The callers' side of the writer: what is taken, where it waits, when it is handed over.
namespace tributary::event_log::kafka {
namespace {

/// What is handed over at once: what fits into one request (`batch.size`, `batch.num.messages`).
constexpr std::size_t kBatchBytes = 900'000;
constexpr std::size_t kBatchRecords = 10'000;
constexpr std::size_t kFramingOfRecord = 40;
constexpr auto kProducerIsRemembered = std::chrono::hours(1);
constexpr auto kWaitInTrouble = std::chrono::milliseconds(1'000);
constexpr auto kFirstAnswer = std::chrono::milliseconds(2'000);
constexpr auto kLastReports = std::chrono::milliseconds(2'000);

std::size_t size_of(const NewRecord& record) {
    auto bytes = record.key.size() + record.value.size();
    for (const auto& header : record.headers) bytes += header.name.size() + header.value.size();
    return bytes;
}

/// What a record costs while it waits, so that a million empty ones fill the queue too.
std::size_t cost_of(std::size_t bytes) {
    constexpr std::size_t kOverhead = 256;
    return bytes + kOverhead;
}

Error refusal(rd_kafka_resp_err_t error, const NewRecord& record) {
    if (code_of(error) == ErrorCode::not_found) return missing_topic(record.topic);
    return error_of(error, fmt::format("Kafka's client did not take the record for the topic '{}'",
                                       record.topic));
}

}  // namespace

KafkaWriter::KafkaWriter(KafkaLogSettings settings, const Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      requests_in_flight_(requests_in_flight(settings_)) {
    if (auto session = ProducerSession::open(settings_)) {
        session_ = std::move(*session);
    } else {
        trouble_ = session.error();
        replace_by_ = clock_.steady_now();
    }
    serving_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
    watching_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
    // So that `ready` says what is true from the beginning.
    std::unique_lock lock(mutex_);
    progress_.wait_for(lock, kFirstAnswer, [this] { return was_asked_; });
}

KafkaWriter::~KafkaWriter() {
    FinishedCalls finished;
    Session last;
    {
        const std::lock_guard lock(mutex_);
        draining_ = true;
        settle_all_waiting(
            {ErrorCode::shutting_down, "The log's writer was closed; nothing was written."},
            finished);
        last = session_;
    }
    answer(std::exchange(finished, {}));
    if (last) last->purge();
    {
        std::unique_lock lock(mutex_);
        progress_.wait_for(lock, kLastReports, [this] { return in_flight_ == 0; });
    }
    for (auto* thread : {&serving_, &watching_}) thread->request_stop();
    wake_.raise();
    serving_.join();
    watching_.join();
    last.reset();
    {
        const std::lock_guard lock(mutex_);
        last = retire_session(finished);
    }
    answer(std::move(finished));
    if (last) destroy_within(std::move(last), kDestruction);
}

void KafkaWriter::append(std::vector<NewRecord> records, Done done) {
    FinishedCalls finished;
    {
        const std::lock_guard lock(mutex_);
        auto& call = calls_.emplace_back();
        call.self = std::prev(calls_.end());
        call.done = std::move(done);
        call.records = std::move(records);
        call.outcomes.resize(call.records.size());
        call.pending.resize(call.records.size());
        // One more than there are records, until all were looked at.
        call.open = call.records.size() + 1;
        ++undelivered_;
        std::optional<Error> full;
        const auto now = clock_.steady_now();
        for (std::size_t i = 0; i < call.records.size(); ++i) {
            auto& pending = call.pending[i];
            pending = {.call = &call, .index = i, .since = now};
            const auto bytes = size_of(call.records[i]);
            auto admitted = full ? std::unexpected(*full) : admit(call.records[i], bytes);
            if (!admitted) {
                // What follows a record that did not fit is refused too: the order stays.
                if (admitted.error().code != ErrorCode::invalid_input) full = admitted.error();
                settle(pending, std::unexpected(std::move(admitted.error())), finished);
                continue;
            }
            pending.bytes = bytes;
            pending.cost = cost_of(bytes);
            if (queued_bytes_ == 0) rate_.begin(now);
            queued_bytes_ += pending.cost;
            enqueue(pending);
        }
        hand_over_touched(finished);
        if (--call.open == 0) {
            finished.push_back({std::move(call.done), std::move(call.outcomes)});
            release(call);
        }
    }
    answer(std::move(finished));
}

Result<void> KafkaWriter::admit(const NewRecord& record, std::size_t bytes) const {
    if (draining_) {
        return fail(ErrorCode::shutting_down,
                    "The log's writer is being closed; nothing was written. Try another "
                    "instance.");
    }
    if (const auto limit = max_record_bytes(settings_, record.topic); bytes > limit) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("A record of {} bytes for the topic '{}' is too large: the limit "
                                "is {} bytes.",
                                bytes, record.topic, limit));
    }
    if (replace_by_) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The connection to Kafka is being renewed; nothing was written. {}",
                                trouble_ ? trouble_->message : ""));
    }
    if (queued_bytes_ + cost_of(bytes) > settings_.max_queued_bytes) {
        return fail(ErrorCode::retry_later,
                    fmt::format("The log's queue is full with {} bytes; retry when they are "
                                "written.",
                                queued_bytes_));
    }
    return {};
}

Topic& KafkaWriter::topic_named(const std::string& name) {
    auto found = topics_.find(name);
    if (found == topics_.end()) found = topics_.try_emplace(name, name).first;
    auto& topic = found->second;
    if (topic.handle == nullptr) topic.handle = session_->topic(name);
    return topic;
}

void KafkaWriter::enqueue(PendingRecord& pending) {
    auto& topic = topic_named(pending.call->records[pending.index].topic);
    if (topic.is_known) {
        const auto& key = pending.call->records[pending.index].key;
        const auto partitions = static_cast<std::int32_t>(topic.lanes.size());
        pending.lane =
            key.empty()
                ? &lane_for_no_key(topic)
                : &topic.lanes[static_cast<std::size_t>(partition_for_key(key, partitions))];
        enter_lane(pending);
        return;
    }
    topic.unresolved.push_back(&pending);
    ask_wanted_ = true;
    watch_wanted_.notify_all();
}

void KafkaWriter::enter_lane(PendingRecord& pending) {
    auto& lane = *pending.lane;
    pending.follows = !lane.waiting.empty() && lane.waiting.back()->call == pending.call;
    lane.waiting.push_back(&pending);
    lane.waiting_bytes += pending.cost;
    if (std::exchange(lane.is_touched, true)) return;
    touched_.push_back(&lane);
}

/// Whole calls at a time: what was given together goes together. No more lanes than librdkafka has
/// room for: while a message waits for room, its thread spins. What waits here gathers instead.
void KafkaWriter::hand_over_touched(FinishedCalls& finished) {
    for (auto* lane : std::exchange(touched_, {})) {
        if (lane->in_flight == 0) {
            ready_.push_back(lane);
        } else {
            lane->is_touched = false;
        }
    }
    const auto most = leaders_ * requests_in_flight_;
    while (!ready_.empty() && lanes_under_way_ < most) {
        auto& lane = *ready_.front();
        ready_.pop_front();
        lane.is_touched = false;
        if (lane.in_flight == 0) hand_over(lane, finished);
    }
}

/// A broker that does not know this producer takes any sequence number for its first one. Were two
/// requests under way and only the second one taken (it became the leader between them), the first
/// one's retry would pass for a duplicate, be confirmed, and be lost. So the first record on a
/// partition goes alone; from then on the broker checks.
void KafkaWriter::hand_over(Lane& lane, FinishedCalls& finished) {
    if (!session_ || replace_by_) return;
    const auto now = clock_.steady_now();
    const bool is_known = lane.confirmed && now < *lane.confirmed + kProducerIsRemembered;
    if (!is_known && lane.in_flight > 0) return;
    expire(lane, now, finished);
    const auto most = is_known ? kBatchBytes : 1;
    const bool was_idle = lane.in_flight == 0;
    std::size_t bytes = 0;
    for (std::size_t taken = 0; bytes < most && taken < kBatchRecords && !lane.waiting.empty();) {
        auto& pending = *lane.waiting.front();
        lane.waiting.pop_front();
        lane.waiting_bytes -= pending.cost;
        const auto size = pending.bytes + kFramingOfRecord;
        if (!hand_over(pending, lane, finished)) continue;
        bytes += size;
        ++taken;
    }
    if (was_idle && lane.in_flight > 0) ++lanes_under_way_;
    lane.handed_over = now;
}

bool KafkaWriter::hand_over(PendingRecord& pending, Lane& lane, FinishedCalls& finished) {
    auto& record = pending.call->records[pending.index];
    const auto error = session_->produce(lane.topic.handle, lane.partition, record, &pending);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        settle(pending, std::unexpected(refusal(error, record)), finished);
        return false;
    }
    record.headers = {};  // librdkafka has a copy.
    ++lane.in_flight;
    ++in_flight_;
    ++pending.call->in_flight;
    return true;
}

/// What waited too long is not handed over: librdkafka's time for it would begin only now, and end
/// after whoever waits for the outcome has given up.
void KafkaWriter::expire(Lane& lane, SteadyTime now, FinishedCalls& finished) {
    while (!lane.waiting.empty() && lane.waiting.front()->since + settings_.waiting_timeout < now) {
        settle_first(lane,
                     {ErrorCode::unavailable,
                      fmt::format("Kafka did not confirm what was before this record for the topic "
                                  "'{}' within {} ms, so this one was not written.",
                                  lane.topic.name, settings_.waiting_timeout.count())},
                     finished);
    }
}

void KafkaWriter::settle_first(Lane& lane, Error error, FinishedCalls& finished) {
    auto& pending = *lane.waiting.front();
    lane.waiting.pop_front();
    lane.waiting_bytes -= pending.cost;
    settle(pending, std::unexpected(std::move(error)), finished);
}

void KafkaWriter::settle(PendingRecord& pending, AppendOutcome outcome, FinishedCalls& finished) {
    if (std::exchange(pending.is_settled, true)) return;
    auto& call = *pending.call;
    queued_bytes_ -= pending.cost;
    call.outcomes[pending.index] = std::move(outcome);
    if (--call.open > 0) return;
    finished.push_back({std::move(call.done), std::move(call.outcomes)});
    release(call);
}

void KafkaWriter::release(AppendCall& call) {
    if (call.open == 0 && call.in_flight == 0) calls_.erase(call.self);
}

/// One outcome for all that librdkafka was not given.
void KafkaWriter::settle_all_waiting(const Error& error, FinishedCalls& finished) {
    const auto settle_queue = [&](std::deque<PendingRecord*>& queue) {
        for (auto* pending : std::exchange(queue, {})) {
            settle(*pending, std::unexpected(error), finished);
        }
    };
    for (auto& [name, topic] : topics_) {
        settle_queue(topic.unresolved);
        for (auto& lane : topic.lanes) {
            settle_queue(lane.waiting);
            lane.waiting_bytes = 0;
        }
    }
}

/// One outcome for all that librdkafka has; it may still report on them.
void KafkaWriter::settle_under_way(const Error& error, FinishedCalls& finished) {
    for (auto call = calls_.begin(); call != calls_.end();) {
        auto& current = *call++;  // Settling its last record may erase it.
        if (current.in_flight == 0) continue;
        for (auto& pending : current.pending) {
            if (!pending.is_settled) settle(pending, std::unexpected(error), finished);
        }
    }
}

/// Without the lock: `done` may append again.
void KafkaWriter::answer(FinishedCalls finished) {
    if (finished.empty()) return;
    for (auto& call : finished) call.done(std::move(call.outcomes));
    const std::lock_guard lock(mutex_);
    undelivered_ -= finished.size();
    if (undelivered_ == 0) progress_.notify_all();
}

Result<void> KafkaWriter::ready() const {
    const std::lock_guard lock(mutex_);
    if (draining_) return fail(ErrorCode::shutting_down, "The log's writer is being closed.");
    if (queued_bytes_ >= settings_.max_queued_bytes) {
        return fail(ErrorCode::retry_later, "The log's queue is full.");
    }
    if (trouble_) return std::unexpected(*trouble_);
    if (!was_asked_) {
        return fail(ErrorCode::unavailable,
                    fmt::format("No broker of {} has answered yet.", settings_.bootstrap_servers));
    }
    return {};
}

std::size_t KafkaWriter::queued_bytes() const {
    const std::lock_guard lock(mutex_);
    return queued_bytes_;
}

std::chrono::milliseconds KafkaWriter::expected_wait() const {
    const std::lock_guard lock(mutex_);
    const auto wait = rate_.time_for(queued_bytes_);
    return trouble_ ? std::max(wait, kWaitInTrouble) : wait;
}

std::shared_ptr<ProducerSession> KafkaWriter::session() const {
    const std::lock_guard lock(mutex_);
    return session_;
}

/// The reports are served by their own thread meanwhile, until the last.
void KafkaWriter::drain(std::chrono::milliseconds limit) {
    FinishedCalls finished;
    {
        std::unique_lock lock(mutex_);
        draining_ = true;
        if (progress_.wait_for(lock, limit, [this] { return undelivered_ == 0; })) return;
        const Error unknown(ErrorCode::timed_out,
                            fmt::format("Kafka did not confirm the record within the {} ms given "
                                        "to shut down; it may have been written.",
                                        limit.count()));
        settle_all_waiting(unknown, finished);
        settle_under_way(unknown, finished);
    }
    answer(std::move(finished));
}

}  // namespace tributary::event_log::kafka
