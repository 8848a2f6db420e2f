#include "event_log/kafka/watermarks.h"

#include <algorithm>

#include "event_log/kafka/partition_lists.h"

namespace tributary::event_log::kafka {
namespace {

using std::chrono::milliseconds;
using Deadline = std::chrono::steady_clock::time_point;
using Offsets = std::map<TopicPartition, std::int64_t>;

/// `which` is one of the two times that stand for the ends of a partition.
std::expected<Offsets, rd_kafka_resp_err_t> offsets_of(
    rd_kafka_t* client, const std::vector<TopicPartition>& partitions, std::int64_t which,
    Deadline deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto list = new_list(partitions.size());
    for (const auto& partition : partitions) add(*list, partition, which);
    auto error = rd_kafka_offsets_for_times(
        client, list.get(), static_cast<int>(std::max(left, milliseconds(1)).count()));
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = error_in(*list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error);
    Offsets offsets;
    for (int i = 0; i < list->cnt; ++i) {
        offsets.emplace(partition_of(list->elems[i]), list->elems[i].offset);
    }
    return offsets;
}

}  // namespace

std::expected<Inspector::Range, rd_kafka_resp_err_t> range_of(rd_kafka_t* client,
                                                              const TopicPartition& partition,
                                                              milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    const auto first = offsets_of(client, {partition}, RD_KAFKA_OFFSET_BEGINNING, deadline);
    if (!first) return std::unexpected(first.error());
    const auto end = offsets_of(client, {partition}, RD_KAFKA_OFFSET_END, deadline);
    if (!end) return std::unexpected(end.error());
    const std::int64_t begin = first->at(partition);
    return Inspector::Range{begin, std::max(begin, end->at(partition))};
}

std::expected<Offsets, rd_kafka_resp_err_t> ends_of(rd_kafka_t* client,
                                                    const std::vector<TopicPartition>& partitions,
                                                    milliseconds timeout) {
    return offsets_of(client, partitions, RD_KAFKA_OFFSET_END,
                      std::chrono::steady_clock::now() + timeout);
}

}  // namespace tributary::event_log::kafka
