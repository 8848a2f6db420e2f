#include "event_log/kafka/watermarks.h"

#include <algorithm>
#include <span>

#include "event_log/kafka/partition_lists.h"

namespace tributary::event_log::kafka {
namespace {

using Deadline = std::chrono::steady_clock::time_point;

/// `which` is one of the two times that stand for the ends of a partition.
std::expected<PartitionsHandle, rd_kafka_resp_err_t> offsets_of(
    rd_kafka_t* client, std::span<const TopicPartition> partitions, std::int64_t which,
    std::chrono::milliseconds timeout) {
    auto list = new_list(partitions.size());
    for (const auto& partition : partitions) add(*list, partition, which);
    const auto error =
        rd_kafka_offsets_for_times(client, list.get(), static_cast<int>(timeout.count()));
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error);
    return list;
}

std::expected<std::int64_t, rd_kafka_resp_err_t> offset_of(rd_kafka_t* client,
                                                           const TopicPartition& partition,
                                                           std::int64_t which, Deadline deadline) {
    using std::chrono::milliseconds;
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    const auto list = offsets_of(client, {&partition, 1}, which, std::max(left, milliseconds(1)));
    if (!list) return std::unexpected(list.error());
    const auto error = error_in(**list);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error);
    return (*list)->elems[0].offset;
}

}  // namespace

std::expected<Inspector::Range, rd_kafka_resp_err_t> range_of(rd_kafka_t* client,
                                                              const TopicPartition& partition,
                                                              std::chrono::milliseconds timeout) {
    const Deadline deadline = std::chrono::steady_clock::now() + timeout;
    const auto first = offset_of(client, partition, RD_KAFKA_OFFSET_BEGINNING, deadline);
    if (!first) return std::unexpected(first.error());
    const auto end = offset_of(client, partition, RD_KAFKA_OFFSET_END, deadline);
    if (!end) return std::unexpected(end.error());
    return Inspector::Range{*first, std::max(*first, *end)};
}

std::expected<std::vector<std::int64_t>, rd_kafka_resp_err_t> ends_of(
    rd_kafka_t* client, const std::vector<TopicPartition>& partitions,
    std::chrono::milliseconds timeout) {
    const auto list = offsets_of(client, partitions, RD_KAFKA_OFFSET_END, timeout);
    if (!list) return std::unexpected(list.error());
    std::vector<std::int64_t> ends;
    for (std::size_t i = 0; i < partitions.size(); ++i) {
        const auto& entry = (*list)->elems[i];
        ends.push_back(entry.err == RD_KAFKA_RESP_ERR_NO_ERROR ? entry.offset : -1);
    }
    return ends;
}

}  // namespace tributary::event_log::kafka
