#include "event_log/kafka/kafka_inspector.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/errors.h"
#include "event_log/kafka/partition_lists.h"
#include "event_log/kafka/watermarks.h"

namespace tributary::event_log::kafka {
namespace {

/// While a partition is new, or its leader changes.
bool is_passing(rd_kafka_resp_err_t error) {
    return error == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
           error == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE;
}

Error unavailable(rd_kafka_resp_err_t error, std::string_view attempt) {
    return {ErrorCode::unavailable, error_of(error, attempt).message};
}

}  // namespace

KafkaInspector::~KafkaInspector() {
    if (client_) destroy_within(std::move(client_), kDestruction);
}

Result<rd_kafka_t*> KafkaInspector::connect() {
    if (client_) return client_->get();
    auto configuration = inspector_configuration(settings_);
    if (!configuration) return std::unexpected(configuration.error());
    auto client = Client::open(RD_KAFKA_CONSUMER, std::move(*configuration), {settings_.log, {}});
    if (!client) return std::unexpected(client.error());
    client_ = std::move(*client);
    rd_kafka_poll_set_consumer(client_->get());
    return client_->get();
}

Result<std::vector<TopicPartition>> KafkaInspector::partitions(const std::string& topic) {
    const std::lock_guard lock(mutex_);
    return find_partitions(topic);
}

Result<std::vector<TopicPartition>> KafkaInspector::find_partitions(const std::string& topic) {
    const auto client = connect();
    if (!client) return std::unexpected(client.error());
    const TopicHandle handle(rd_kafka_topic_new(*client, topic.c_str(), nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    auto error = !handle ? rd_kafka_last_error()
                         : rd_kafka_metadata(*client, 0, handle.get(), &raw, timeout());
    const MetadataHandle metadata(raw);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
        error = metadata->topics[0].err;
    }
    if (code_of(error) == ErrorCode::not_found) return std::unexpected(missing_topic(topic));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(unavailable(
            error, fmt::format("The partitions of Kafka's topic '{}' are not known", topic)));
    }
    std::vector<TopicPartition> partitions;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        for (int j = 0; j < metadata->topics[i].partition_cnt; ++j) {
            partitions.emplace_back(topic, metadata->topics[i].partitions[j].id);
        }
    }
    std::ranges::sort(partitions);
    return partitions;
}

Result<Inspector::Range> KafkaInspector::range(const TopicPartition& partition) {
    const std::lock_guard lock(mutex_);
    return find_range(partition);
}

Result<Inspector::Range> KafkaInspector::find_range(const TopicPartition& partition) {
    // librdkafka would wait for a partition that does not exist.
    const auto known = find_partitions(partition.topic);
    if (!known) return std::unexpected(known.error());
    if (std::ranges::find(*known, partition) == known->end()) {
        return fail(ErrorCode::not_found, fmt::format("Kafka's topic '{}' has no partition {}.",
                                                      partition.topic, partition.partition));
    }
    const auto deadline = clock_.steady_now() + settings_.request_timeout;
    auto range = range_of(client_->get(), partition, settings_.request_timeout);
    while (!range && is_passing(range.error()) && clock_.steady_now() < deadline) {
        range = range_of(client_->get(), partition, settings_.request_timeout);
    }
    if (range) return *range;
    return std::unexpected(unavailable(
        range.error(),
        fmt::format("The range of {}/{} is not known", partition.topic, partition.partition)));
}

Result<CommittedOffset> KafkaInspector::committed(const std::string& group,
                                                  const TopicPartition& partition) {
    const std::lock_guard lock(mutex_);
    const auto client = connect();
    if (!client) return std::unexpected(client.error());
    const auto attempt = fmt::format("What the group '{}' committed is not known", group);

    const auto wanted = new_list(1);
    add(*wanted, partition, RD_KAFKA_OFFSET_INVALID);
    const GroupOffsetsHandle question(
        rd_kafka_ListConsumerGroupOffsets_new(group.c_str(), wanted.get()));
    std::array<rd_kafka_ListConsumerGroupOffsets_t*, 1> questions{question.get()};
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(*client, RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout(), nullptr, 0);
    const QueueHandle answers(rd_kafka_queue_new(*client));
    rd_kafka_ListConsumerGroupOffsets(*client, questions.data(), questions.size(), options.get(),
                                      answers.get());
    const EventHandle answer(rd_kafka_queue_poll(answers.get(), 2 * timeout()));
    if (!answer) return std::unexpected(unavailable(RD_KAFKA_RESP_ERR__TIMED_OUT, attempt));
    if (const auto error = rd_kafka_event_error(answer.get());
        error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(unavailable(error, attempt));
    }
    std::size_t count = 0;
    const auto* const* groups = rd_kafka_ListConsumerGroupOffsets_result_groups(
        rd_kafka_event_ListConsumerGroupOffsets_result(answer.get()), &count);
    const auto never =
        fail(ErrorCode::not_found, fmt::format("The group '{}' committed nothing for {}/{} yet.",
                                               group, partition.topic, partition.partition));
    if (count == 0) return never;
    if (const auto* error = rd_kafka_group_result_error(groups[0]); error != nullptr) {
        return std::unexpected(unavailable(rd_kafka_error_code(error), attempt));
    }
    const auto* found = rd_kafka_group_result_partitions(groups[0]);
    if (found == nullptr || found->cnt == 0 || found->elems[0].offset < 0) return never;
    return CommittedOffset{found->elems[0].offset, metadata_of(found->elems[0])};
}

Result<std::vector<Record>> KafkaInspector::read(const TopicPartition& partition,
                                                 std::int64_t offset, std::size_t max_records) {
    const std::lock_guard lock(mutex_);
    const auto range = find_range(partition);
    if (!range) return std::unexpected(range.error());
    const auto begin = std::max(offset, range->first);
    if (begin >= range->end || max_records == 0) return std::vector<Record>();
    const auto list = new_list(1);
    add(*list, partition, begin);
    rd_kafka_assign(client_->get(), list.get());
    auto records = fetch(range->end, max_records);
    rd_kafka_assign(client_->get(), nullptr);
    return records;
}

Result<std::string> KafkaInspector::engine() {
    const std::lock_guard lock(mutex_);
    const auto client = connect();
    if (!client) return std::unexpected(client.error());
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(*client, 0, nullptr, &raw, timeout());
    const MetadataHandle metadata(raw);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return std::unexpected(unavailable(error, "Kafka's brokers are not known"));
    }
    return fmt::format("client librdkafka {}, {} broker{}", rd_kafka_version_str(),
                       metadata->broker_cnt, metadata->broker_cnt == 1 ? "" : "s");
}

Result<std::vector<Record>> KafkaInspector::fetch(std::int64_t end, std::size_t max_records) {
    constexpr int kSlice = 100;
    std::vector<Record> records;
    const auto deadline = clock_.steady_now() + settings_.request_timeout;
    while (records.size() < max_records && clock_.steady_now() < deadline) {
        const MessageHandle message(rd_kafka_consumer_poll(client_->get(), kSlice));
        if (!message) continue;
        // Where the last records were compacted away, the end comes without them.
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) return records;
        if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            return std::unexpected(unavailable(message->err, "Kafka's records cannot be read"));
        }
        if (message->offset >= end) return records;
        records.push_back(record_of(*message));
        if (records.back().offset + 1 >= end) return records;
    }
    if (!records.empty()) return records;
    return std::unexpected(
        unavailable(RD_KAFKA_RESP_ERR__TIMED_OUT, "Kafka's records cannot be read"));
}

}  // namespace tributary::event_log::kafka
