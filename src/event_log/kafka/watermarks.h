#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <vector>

#include "event_log/event_log.h"
#include "event_log/kafka/handles.h"

namespace tributary::event_log::kafka {

/// The first and the next offset of a partition, asked of its leader. Answers within `timeout`,
/// with librdkafka's error where the leader did not; `rd_kafka_query_watermark_offsets` of
/// librdkafka before 2.3 waits on, for ever where its broker is gone. Blocks; any thread.
std::expected<Inspector::Range, rd_kafka_resp_err_t> range_of(rd_kafka_t* client,
                                                              const TopicPartition& partition,
                                                              std::chrono::milliseconds timeout);

/// The next offsets of partitions, in their order, with one question to every leader; below zero
/// where a leader refused. Fails as a whole where one partition has no leader, or one is silent for
/// `timeout`. A leader answers behind the fetch that waits at it (`fetch.wait.max.ms`). Blocks; any
/// thread.
std::expected<std::vector<std::int64_t>, rd_kafka_resp_err_t> ends_of(
    rd_kafka_t* client, const std::vector<TopicPartition>& partitions,
    std::chrono::milliseconds timeout);

}  // namespace tributary::event_log::kafka
