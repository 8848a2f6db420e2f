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
inline constexpr std::chrono::seconds kPatience{30};

/// For tests: librdkafka's own mock brokers, in this process, that fail as they are told.
class MockKafka {
public:
    explicit MockKafka(int brokers = 1)
        : client_(rd_kafka_new(RD_KAFKA_PRODUCER, rd_kafka_conf_new(), nullptr, 0)),
          cluster_(rd_kafka_mock_cluster_new(client_.get(), brokers)) {
        rd_kafka_mock_topic_create(cluster_.get(), "orders", 4, 1);
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
    void stop() { rd_kafka_mock_broker_set_down(cluster_.get(), 1); }
    void start() { rd_kafka_mock_broker_set_up(cluster_.get(), 1); }
    void delay(std::chrono::milliseconds answer) {
        rd_kafka_mock_broker_set_rtt(cluster_.get(), 1, static_cast<int>(answer.count()));
    }
    /// The next requests for offsets are answered that late, one each; everything else at once.
    void delay_offsets(std::chrono::milliseconds answer, int requests) {
        constexpr std::int16_t kListOffsets = 2;
        for (int i = 0; i < requests; ++i) {
            rd_kafka_mock_broker_push_request_error_rtts(cluster_.get(), 1, kListOffsets, 1,
                                                         RD_KAFKA_RESP_ERR_NO_ERROR,
                                                         static_cast<int>(answer.count()));
        }
    }

private:
    std::unique_ptr<rd_kafka_t, Destroyer<rd_kafka_destroy>> client_;
    std::unique_ptr<rd_kafka_mock_cluster_t, Destroyer<rd_kafka_mock_cluster_destroy>> cluster_;
};

}  // namespace tributary::event_log::kafka
