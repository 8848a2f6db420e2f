#pragma once

#include <string>
#include <vector>

#include "event_log/event_log.h"
#include "event_log/kafka/handles.h"

/// Between our partitions and librdkafka's lists, and from its messages to our records.
namespace tributary::event_log::kafka {

PartitionsHandle new_list(std::size_t size);
rd_kafka_topic_partition_t& add(rd_kafka_topic_partition_list_t& list,
                                const TopicPartition& partition, std::int64_t offset);
/// librdkafka frees it with the list.
void set_metadata(rd_kafka_topic_partition_t& entry, const std::string& metadata);
std::string metadata_of(const rd_kafka_topic_partition_t& entry);
TopicPartition partition_of(const rd_kafka_topic_partition_t& entry);
/// The first error of an entry.
rd_kafka_resp_err_t error_in(const rd_kafka_topic_partition_list_t& list);

Record record_of(const rd_kafka_message_t& message);

}  // namespace tributary::event_log::kafka
