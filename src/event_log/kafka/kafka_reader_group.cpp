#include <fmt/format.h>
#include <ranges>
#include <utility>

#include "event_log/kafka/errors.h"
#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/partition_lists.h"
#include "event_log/kafka/watermarks.h"

/// What the group gives to a reader and takes from it.
namespace tributary::event_log::kafka {
namespace {

constexpr std::chrono::milliseconds kOffsetsWithin{500};  // Asked again with the next poll.
constexpr int kServeSlice = 20;                           // Milliseconds.

}  // namespace

void KafkaReader::rebalance(rd_kafka_resp_err_t kind,
                            const rd_kafka_topic_partition_list_t& partitions) {
    if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS && listener_ != nullptr) {
        pending_.reset(rd_kafka_topic_partition_list_copy(&partitions));
        settle_assignment();
        return;
    }
    // Eager: whatever happened, everything goes.
    give_up(rd_kafka_assignment_lost(client_->get()) != 0);
    rd_kafka_assign(client_->get(), nullptr);
}

/// Nothing is read before the committed offsets and their texts are known; while Kafka does not
/// tell them, every poll asks again.
void KafkaReader::settle_assignment() {
    if (!pending_) return;
    const auto assignments = find_offsets(*pending_);
    if (!assignments) {
        trouble_ = assignments.error();
        if (unsettled_) unsettled_ = trouble_;
        return;
    }
    const auto list = new_list(assignments->size());
    for (const auto& [partition, committed] : *assignments) {
        add(*list, partition, committed.offset);
    }
    const auto error = rd_kafka_assign(client_->get(), list.get());
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        trouble_ = error_of(error, "Kafka's client did not take the partitions of its group");
        return;
    }
    pending_.reset();
    collected_.clear();
    paused_.clear();
    unsettled_.reset();
    for (const auto& [partition, committed] : *assignments) {
        owned_[partition] = {committed.offset, clock_.steady_now()};
    }
    if (!assignments->empty()) listener_->on_assigned(*assignments);
}

Result<std::vector<Assignment>> KafkaReader::find_offsets(
    const rd_kafka_topic_partition_list_t& wanted) {
    std::vector<Assignment> assignments;
    if (wanted.cnt == 0) return assignments;
    const PartitionsHandle found(rd_kafka_topic_partition_list_copy(&wanted));
    auto error = rd_kafka_committed(client_->get(), found.get(), int{kOffsetsWithin.count()});
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) error = error_in(*found);
    for (int i = 0; i < found->cnt && error == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
        const auto& entry = found->elems[i];
        Assignment assignment{partition_of(entry), {entry.offset, metadata_of(entry)}};
        if (entry.offset < 0) {
            const auto range = range_of(client_->get(), assignment.partition, kOffsetsWithin);
            if (!range) error = range.error();
            if (range) assignment.committed.offset = range->first;
        }
        assignments.push_back(std::move(assignment));
    }
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return assignments;
    return fail(
        ErrorCode::unavailable,
        error_of(error, fmt::format("What the group '{}' committed is not known", group_)).message);
}

void KafkaReader::give_up(bool is_lost) {
    collected_.clear();
    pending_.reset();
    if (!owned_.empty() && listener_ != nullptr) {
        const auto partitions = std::views::keys(owned_);
        const std::vector<TopicPartition> gone(partitions.begin(), partitions.end());
        if (is_lost) {
            owned_.clear();
            listener_->on_lost(gone);
        } else {
            listener_->on_revoked(gone);
        }
    }
    owned_.clear();
    paused_.clear();
}

void KafkaReader::close() {
    if (closed_) return;
    if (client_) leave();
    closed_ = true;
    if (client_ && !destroy_within(std::move(client_), kDestruction) && settings_.log) {
        settings_.log(4, "Kafka's client does not end; it is left behind.");
    }
}

/// librdkafka's own closing call has no limit. Records that were fetched already come through the
/// same queue; 2.0.2 aborts when it is served by callbacks alone.
void KafkaReader::leave() {
    const auto deadline = clock_.steady_now() + settings_.close_timeout;
    {
        const QueueHandle queue(rd_kafka_queue_new(client_->get()));
        const ErrorHandle error(rd_kafka_consumer_close_queue(client_->get(), queue.get()));
        while (!error && rd_kafka_consumer_closed(client_->get()) == 0 &&
               clock_.steady_now() < deadline) {
            rd_kafka_message_t* unread = nullptr;
            rd_kafka_consume_batch_queue(queue.get(), kServeSlice, &unread, 1);
            const MessageHandle dropped(unread);
        }
    }
    if (rd_kafka_consumer_closed(client_->get()) == 0 && settings_.log) {
        settings_.log(4, fmt::format("The group '{}' could not be left within {} ms; its broker "
                                     "will notice by itself.",
                                     group_, settings_.close_timeout.count()));
    }
    give_up(true);
}

}  // namespace tributary::event_log::kafka
