#include "event_log/kafka/partition_lists.h"

#include <cstdlib>
#include <cstring>

namespace tributary::event_log::kafka {
namespace {

std::string text_of(const void* bytes, std::size_t size) {
    return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

}  // namespace

PartitionsHandle new_list(std::size_t size) {
    return PartitionsHandle(rd_kafka_topic_partition_list_new(static_cast<int>(size)));
}

rd_kafka_topic_partition_t& add(rd_kafka_topic_partition_list_t& list,
                                const TopicPartition& partition, std::int64_t offset) {
    auto* entry =
        rd_kafka_topic_partition_list_add(&list, partition.topic.c_str(), partition.partition);
    entry->offset = offset;
    return *entry;
}

void set_metadata(rd_kafka_topic_partition_t& entry, const std::string& metadata) {
    if (metadata.empty()) return;
    entry.metadata = std::malloc(metadata.size());  // NOLINT: librdkafka calls free().
    if (entry.metadata == nullptr) return;
    std::memcpy(entry.metadata, metadata.data(), metadata.size());
    entry.metadata_size = metadata.size();
}

std::string metadata_of(const rd_kafka_topic_partition_t& entry) {
    return text_of(entry.metadata, entry.metadata_size);
}

TopicPartition partition_of(const rd_kafka_topic_partition_t& entry) {
    return {entry.topic, entry.partition};
}

rd_kafka_resp_err_t error_in(const rd_kafka_topic_partition_list_t& list) {
    for (int i = 0; i < list.cnt; ++i) {
        if (list.elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) return list.elems[i].err;
    }
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Record record_of(const rd_kafka_message_t& message) {
    Record record;
    record.topic = rd_kafka_topic_name(message.rkt);
    record.partition = message.partition;
    record.offset = message.offset;
    rd_kafka_timestamp_type_t type{};
    record.timestamp =
        Timestamp(std::chrono::milliseconds(rd_kafka_message_timestamp(&message, &type)));
    record.key = text_of(message.key, message.key_len);
    record.value = text_of(message.payload, message.len);
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return record;
    record.headers.reserve(rd_kafka_header_cnt(headers));
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
        record.headers.emplace_back(name, text_of(value, size));
    }
    return record;
}

}  // namespace tributary::event_log::kafka
