#pragma once

#include <chrono>
#include <gtest/gtest.h>
#include <initializer_list>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <memory>
#include <string>
#include <vector>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// The deadline of waits that end much sooner.
inline constexpr std::chrono::seconds kPatience{90};

/// For tests: librdkafka's own mock brokers, in this process, that fail as they are told.
class MockKafka {
public:
    explicit MockKafka(int brokers = 1, int partitions = 4)
        : client_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
          cluster_(rd_kafka_mock_cluster_new(client_.get(), brokers)) {
        rd_kafka_mock_topic_create(cluster_.get(), "orders", partitions, 1);
    }

    [[nodiscard]] KafkaLogSettings settings() const {
        KafkaLogSettings settings;
        settings.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        settings.delivery_timeout = std::chrono::seconds(3);
        settings.request_timeout = std::chrono::seconds(2);
        return settings;
    }
    /// The next produce requests are answered with these, one each.
    void fail_produce(const std::vector<rd_kafka_resp_err_t>& errors) {
        constexpr std::int16_t kProduce = 0;
        rd_kafka_mock_push_request_errors_array(cluster_.get(), kProduce, errors.size(),
                                                errors.data());
    }
    /// Until `mend`: the brokers answer, and give no records.
    void fail_fetches() {
        const std::vector errors(10'000, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
        rd_kafka_mock_push_request_errors_array(cluster_.get(), kFetch, errors.size(),
                                                errors.data());
    }
    void mend_fetches() { rd_kafka_mock_clear_request_errors(cluster_.get(), kFetch); }
    /// The next heartbeat is answered with an error that a consumer never recovers from.
    void fence_the_next_member() {
        constexpr std::int16_t kHeartbeat = 12;
        rd_kafka_mock_push_request_errors(cluster_.get(), kHeartbeat, 1,
                                          RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID);
    }
    /// Whether there is such a topic, for whoever asks.
    void hide_topic(const char* name) {
        rd_kafka_mock_topic_set_error(cluster_.get(), name,
                                      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    }
    void show_topic(const char* name) {
        rd_kafka_mock_topic_set_error(cluster_.get(), name, RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    void lead(std::int32_t partition, std::int32_t broker) {
        rd_kafka_mock_partition_set_leader(cluster_.get(), "orders", partition, broker);
    }
    void coordinate(const char* group, std::int32_t broker) {
        rd_kafka_mock_coordinator_set(cluster_.get(), "group", group, broker);
    }
    void stop(std::int32_t broker) { rd_kafka_mock_broker_set_down(cluster_.get(), broker); }
    void stop() { stop(1); }
    void start() { rd_kafka_mock_broker_set_up(cluster_.get(), 1); }
    void delay(std::chrono::milliseconds answer) {
        rd_kafka_mock_broker_set_rtt(cluster_.get(), 1, static_cast<int>(answer.count()));
    }
    /// The next requests for offsets are answered that late, one each; everything else at once.
    void delay_offsets(std::chrono::milliseconds answer, int requests) {
        constexpr std::int16_t kListOffsets = 2;
        delay(kListOffsets, answer, requests);
    }
    /// Likewise those for records.
    void delay_fetches(std::chrono::milliseconds answer, int requests) {
        delay(kFetch, answer, requests);
    }

private:
    static constexpr std::int16_t kFetch = 1;
    void delay(std::int16_t request, std::chrono::milliseconds answer, int requests) {
        for (int i = 0; i < requests; ++i) {
            rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), 1, request, 1,
                                                         RD_KAFKA_RESP_ERR_NO_ERROR,
                                                         static_cast<int>(answer.count()));
        }
    }

    std::unique_ptr<rd_kafka_t, Destroyer<rd_kafka_destroy>> client_;
    std::unique_ptr<rd_kafka_mock_cluster_t, Destroyer<rd_kafka_mock_cluster_destroy>> cluster_;
};

}  // namespace tributary::event_log::kafka
