#include "event_log/kafka/kafka_reader.h"

#include <algorithm>
#include <fmt/format.h>
#include <thread>
#include <utility>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/errors.h"
#include "event_log/kafka/partition_lists.h"

/// Reading, pausing and committing; what the group gives and takes is in kafka_reader_group.cpp.
namespace tributary::event_log::kafka {
namespace {

constexpr auto kAskEvery = std::chrono::milliseconds(2'000);
constexpr auto kAskAgainAfter = std::chrono::milliseconds(500);
constexpr auto kShortestQuestion = std::chrono::milliseconds(20);
constexpr int kUnansweredIsSilence = 4;
constexpr auto kShortWait = std::chrono::milliseconds(100);

Error error_of_message(const rd_kafka_message_t& message) {
    const std::string topic =
        message.rkt == nullptr ? std::string() : rd_kafka_topic_name(message.rkt);
    if (code_of(message.err) == ErrorCode::not_found && !topic.empty()) {
        return {ErrorCode::unavailable, missing_topic(topic).message};
    }
    return {ErrorCode::unavailable,
            error_of(message.err, fmt::format("Kafka's topic '{}' cannot be read", topic),
                     rd_kafka_message_errstr(&message))
                .message};
}

}  // namespace

KafkaReader::KafkaReader(KafkaLogSettings settings, const Clock& clock, std::string group,
                         std::vector<std::string> topics, RebalanceListener& listener)
    : settings_(std::move(settings)),
      clock_(clock),
      group_(std::move(group)),
      topics_(std::move(topics)),
      listener_(&listener),
      unsettled_(Error(ErrorCode::unavailable,
                       fmt::format("Kafka's group '{}' is not joined yet.", group_))) {
}

KafkaReader::~KafkaReader() {
    listener_ = nullptr;
    close();
}

Result<void> KafkaReader::connect() {
    if (client_) return {};
    if (clock_.steady_now() < connect_at_) return ready();
    auto configuration = reader_configuration(settings_, group_);
    if (!configuration) return std::unexpected(configuration.error());
    Callbacks callbacks;
    callbacks.log = settings_.log;
    callbacks.rebalance = [this](rd_kafka_resp_err_t kind,
                                 const rd_kafka_topic_partition_list_t& partitions) {
        rebalance(kind, partitions);
    };
    auto client = Client::open(RD_KAFKA_CONSUMER, std::move(*configuration), std::move(callbacks));
    if (!client) return std::unexpected(client.error());
    rd_kafka_poll_set_consumer((*client)->get());
    const auto topics = new_list(topics_.size());
    for (const auto& topic : topics_) add(*topics, {topic, RD_KAFKA_PARTITION_UA}, 0);
    const auto error = rd_kafka_subscribe((*client)->get(), topics.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(error_of(error, "Kafka's topics could not be subscribed to"));
    }
    client_ = std::move(*client);
    return {};
}

Result<std::vector<Record>> KafkaReader::poll(std::chrono::milliseconds max_wait,
                                              std::size_t max_records) {
    if (closed_) return fail(ErrorCode::shutting_down, "The reader was closed.");
    if (auto connected = connect(); !connected) {
        // Who polls again at once must not burn the processor meanwhile.
        std::this_thread::sleep_for(std::min(max_wait, kShortWait));
        return fail(ErrorCode::unavailable, connected.error().message);
    }
    settle_assignment();
    collect(max_wait, max_records);
    note_deliveries(max_records);
    if (const auto reason = why_useless(); !reason.empty()) {
        return std::unexpected(replace(reason));
    }
    if (!collected_.empty()) {
        unanswered_ = 0;
        if (missing_.empty()) ask_at_ = clock_.steady_now() + kAskEvery;
        return std::exchange(collected_, {});
    }
    if (auto answers = check_broker(std::min(max_wait, kShortWait)); !answers) {
        return std::unexpected(answers.error());
    }
    if (auto trouble = std::exchange(trouble_, std::nullopt)) return std::unexpected(*trouble);
    return std::vector<Record>();
}

/// The group may take partitions away within any of these calls: then nothing of what was collected
/// before is ours to give.
void KafkaReader::collect(std::chrono::milliseconds max_wait, std::size_t max_records) {
    collected_.clear();
    auto wait = static_cast<int>(max_wait.count());
    while (collected_.size() < max_records) {
        const MessageHandle message(rd_kafka_consumer_poll(client_->get(), std::exchange(wait, 0)));
        if (!message) return;
        take(*message);
    }
}

void KafkaReader::take(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        trouble_ = error_of_message(message);
        if (unsettled_) unsettled_ = trouble_;
        if (code_of(message.err) == ErrorCode::not_found && message.rkt != nullptr) {
            missing_.insert(rd_kafka_topic_name(message.rkt));
        }
        return;
    }
    collected_.push_back(record_of(message));
}

/// While no records come, a broker is asked now and then: librdkafka does not say when one is
/// silent, nor when one is back. Each question without an answer gives the next one twice the time:
/// a busy broker, or one far away, is slow and not silent.
Result<void> KafkaReader::check_broker(std::chrono::milliseconds limit) {
    if (limit >= kShortestQuestion && clock_.steady_now() >= ask_at_) {
        const auto patience = limit * (1 << std::min(unanswered_, kUnansweredIsSilence - 1));
        const rd_kafka_metadata_t* raw = nullptr;
        const auto error = rd_kafka_metadata(client_->get(), missing_.empty() ? 0 : 1, nullptr,
                                             &raw, static_cast<int>(patience.count()));
        const MetadataHandle metadata(raw);
        const bool is_answered = error == RD_KAFKA_RESP_ERR_NO_ERROR;
        if (is_answered) find_topics(*metadata);
        unanswered_ = is_answered ? 0 : unanswered_ + 1;
        ask_at_ = clock_.steady_now() + (is_answered ? kAskEvery : kAskAgainAfter);
    }
    if (unanswered_ < kUnansweredIsSilence) return {};
    return std::unexpected(no_answer(settings_.bootstrap_servers, client_->last_failure()));
}

void KafkaReader::find_topics(const rd_kafka_metadata_t& metadata) {
    for (int i = 0; i < metadata.topic_cnt; ++i) {
        const auto& topic = metadata.topics[i];
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR) missing_.erase(topic.topic);
    }
}

Result<void> KafkaReader::ready() const {
    if (unsettled_) return std::unexpected(*unsettled_);
    if (missing_.empty()) return {};
    return fail(ErrorCode::unavailable, missing_topic(*missing_.begin()).message);
}

Result<void> KafkaReader::commit(const std::vector<OffsetCommit>& offsets) {
    if (offsets.empty()) return {};
    if (closed_) return fail(ErrorCode::shutting_down, "The reader was closed.");
    // Without a client nothing is owned, and every offset is somebody else's.
    const auto ours = new_list(offsets.size());
    std::string foreign;
    for (const auto& [partition, offset, metadata] : offsets) {
        if (!owned_.contains(partition)) {
            foreign += fmt::format(" {}/{}", partition.topic, partition.partition);
            continue;
        }
        set_metadata(add(*ours, partition, offset), metadata);
    }
    if (ours->cnt > 0) {
        if (auto stored = store(*ours); !stored) return stored;
    }
    if (foreign.empty()) return {};
    return fail(ErrorCode::conflict,
                fmt::format("Offsets were not committed, since these partitions are not this "
                            "reader's:{}.",
                            foreign));
}

/// On a queue of its own, so that a coordinator that is silent does not hold this thread for ever.
Result<void> KafkaReader::store(const rd_kafka_topic_partition_list_t& offsets) {
    const QueueHandle answers(rd_kafka_queue_new(client_->get()));
    auto error = rd_kafka_commit_queue(client_->get(), &offsets, answers.get(), nullptr, nullptr);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
        const EventHandle answer(rd_kafka_queue_poll(
            answers.get(), static_cast<int>(settings_.request_timeout.count())));
        if (!answer) {
            return fail(ErrorCode::timed_out,
                        fmt::format("Kafka did not answer a commit of offsets within {} ms; it "
                                    "may have been stored. Commit again.",
                                    settings_.request_timeout.count()));
        }
        error = rd_kafka_event_error(answer.get());
        const auto* stored = rd_kafka_event_topic_partition_list(answer.get());
        if (error == RD_KAFKA_RESP_ERR_NO_ERROR && stored != nullptr) error = error_in(*stored);
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
    return std::unexpected(error_of(error, "Offsets could not be committed"));
}

PartitionsHandle KafkaReader::changed(const std::vector<TopicPartition>& partitions,
                                      bool is_paused) {
    auto list = new_list(partitions.size());
    for (const auto& partition : partitions) {
        if (!owned_.contains(partition)) continue;
        const bool is_new =
            is_paused ? paused_.insert(partition).second : paused_.erase(partition) > 0;
        if (is_new) add(*list, partition, RD_KAFKA_OFFSET_INVALID);
    }
    return list;
}

void KafkaReader::pause(const std::vector<TopicPartition>& partitions) {
    const auto list = changed(partitions, true);
    if (list->cnt > 0) rd_kafka_pause_partitions(client_->get(), list.get());
}

void KafkaReader::resume(const std::vector<TopicPartition>& partitions) {
    for (const auto& partition : partitions) {
        const auto found = owned_.find(partition);
        if (found != owned_.end()) found->second.since = clock_.steady_now();
    }
    const auto list = changed(partitions, false);
    if (list->cnt > 0) rd_kafka_resume_partitions(client_->get(), list.get());
}

}  // namespace tributary::event_log::kafka
