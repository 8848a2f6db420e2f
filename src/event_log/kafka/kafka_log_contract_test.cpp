#include <cstdlib>
#include <memory>
#include <random>
#include <string>

#include "event_log/contract/contract_suite.h"
#include "event_log/kafka/kafka_log.h"

/// The contract on a real Kafka: `TRIBUTARY_TEST_KAFKA=host:port` names one that may be filled with
/// topics. Without it, every test is skipped.
namespace tributary::event_log {
namespace {

struct Environment {
    SystemClock clock;
    std::unique_ptr<KafkaLog> log;
    KafkaLogSettings settings;
};

const char* broker() {
    return std::getenv("TRIBUTARY_TEST_KAFKA");
}

std::unique_ptr<KafkaLog> open(const KafkaLogSettings& settings, const Clock& clock) {
    auto log = KafkaLog::open(settings, clock);
    EXPECT_TRUE(log) << log.error().message;
    return log ? std::move(*log) : nullptr;
}

LogUnderTest make_log() {
    if (broker() == nullptr) {
        LogUnderTest none{};
        none.absence = "No Kafka to test with: set TRIBUTARY_TEST_KAFKA to host:port.";
        return none;
    }
    auto environment = std::make_shared<Environment>();
    environment->settings.bootstrap_servers = broker();
    environment->log = open(environment->settings, environment->clock);
    const auto unique = "contract-" + std::to_string(std::random_device()());
    const auto created = environment->log->create_topics(
        {unique + "-orders", unique + "-products"}, {.partitions = kPartitions, .replication = 1});
    EXPECT_TRUE(created) << created.error().message;
    // Raw, because the environment lives longer than what is made of it.
    auto* self = environment.get();
    return {.environment = environment,
            .make_writer = [self] { return self->log->make_writer(); },
            .make_writer_with_queue =
                [self](std::size_t bytes) {
                    auto settings = self->settings;
                    settings.max_queued_bytes = bytes;
                    return open(settings, self->clock)->make_writer();
                },
            .make_reader =
                [self](const std::string& group, const std::vector<std::string>& topics,
                       RebalanceListener& listener) {
                    return self->log->make_reader(group, topics, listener);
                },
            .inspector = environment->log->make_inspector(),
            .topic = unique + "-orders",
            .other_topic = unique + "-products",
            .group = unique,
            .max_record_bytes = environment->settings.max_record_bytes,
            .absence = {}};
}

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, testing::Values(LogFactory{"kafka", make_log}));

}  // namespace
}  // namespace tributary::event_log
