#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// Reads as a member of a consumer group. What is owned and what is paused is recorded here, not
/// asked of librdkafka. A client that failed for good, or that stands still while there is more to
/// read, is replaced: what was owned is reported as lost, and the group is joined anew.
class KafkaReader final : public Reader {
public:
    KafkaReader(KafkaLogSettings settings, const Clock& clock, std::string group,
                std::vector<std::string> topics, RebalanceListener& listener);
    /// Like `close`, without the listener.
    ~KafkaReader() override;

    /// May take half a second more while offsets of new partitions are asked for, or the ends of
    /// silent ones; once in a while a second and a half, where their leaders are silent, too.
    Result<std::vector<Record>> poll(std::chrono::milliseconds max_wait,
                                     std::size_t max_records) override;
    Result<void> commit(const std::vector<OffsetCommit>& offsets) override;
    void pause(const std::vector<TopicPartition>& partitions) override;
    void resume(const std::vector<TopicPartition>& partitions) override;
    [[nodiscard]] Result<void> ready() const override;
    [[nodiscard]] std::uint64_t replacements() const override { return replacements_; }
    /// What cannot be handed over within the limit of the settings is reported as lost.
    void close() override;

private:
    Result<void> connect();
    void collect(std::chrono::milliseconds max_wait, std::size_t max_records);
    void take(const rd_kafka_message_t& message);
    Result<void> check_broker(std::chrono::milliseconds limit);
    void find_topics(const rd_kafka_metadata_t& metadata);

    // What is done about a client that reads no more (kafka_reader_watch.cpp).
    void note_deliveries(std::size_t max_records);
    [[nodiscard]] std::string why_useless();
    [[nodiscard]] std::vector<TopicPartition> silent_for(std::chrono::milliseconds patience) const;
    [[nodiscard]] std::string find_standstill();
    Error replace(const std::string& reason);

    void rebalance(rd_kafka_resp_err_t kind, const rd_kafka_topic_partition_list_t& partitions);
    void settle_assignment();
    Result<std::vector<Assignment>> find_offsets(const rd_kafka_topic_partition_list_t& wanted);
    void give_up(bool is_lost);
    void leave();

    Result<void> store(const rd_kafka_topic_partition_list_t& offsets);
    PartitionsHandle changed(const std::vector<TopicPartition>& partitions, bool is_paused);

    const KafkaLogSettings settings_;
    const Clock& clock_;
    const std::string group_;
    const std::vector<std::string> topics_;
    RebalanceListener* listener_;  ///< Null: nobody is told any more.

    std::unique_ptr<Client> client_;
    /// How far a partition was delivered, and since when nothing more came.
    struct Delivery {
        std::int64_t next = 0;
        SteadyTime since;
        std::int64_t owed = 0;  ///< The end, when it was last asked for in silence.
    };
    std::map<TopicPartition, Delivery> owned_;
    std::set<TopicPartition> paused_;  ///< Of those that are owned.
    PartitionsHandle pending_;         ///< Given by the group; their offsets are not known yet.
    std::vector<Record> collected_;    ///< By the poll under way.
    std::optional<Error> trouble_;     ///< Told once.
    SteadyTime ask_at_;                ///< When to see whether a broker answers at all.
    int unanswered_ = 0;               ///< So many questions in a row.
    std::optional<Error> unsettled_;   ///< Until the group has given this client its share.
    std::set<std::string> missing_;    ///< Topics that Kafka does not have.
    SteadyTime polled_at_;
    SteadyTime ask_ends_at_;  ///< Of partitions that are silent.
    bool asks_one_by_one_ = false;
    SteadyTime connect_at_;
    std::uint64_t replacements_ = 0;
    int replaced_in_vain_ = 0;  ///< In a row, without a record in between.
    bool closed_ = false;
};

}  // namespace tributary::event_log::kafka
