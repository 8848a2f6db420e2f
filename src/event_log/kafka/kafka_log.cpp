#include "event_log/kafka/kafka_log.h"

#include <fmt/format.h>

#include "event_log/kafka/kafka_inspector.h"
#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/kafka_writer.h"
#include "event_log/kafka/topic_admin.h"

namespace tributary::event_log {
namespace {

Result<void> check_settings(const KafkaLogSettings& settings) {
    if (settings.bootstrap_servers.empty()) {
        return fail(ErrorCode::invalid_input,
                    "No broker is named. Set KAFKA_BOOTSTRAP_SERVERS to host:port.");
    }
    for (const auto limit : {settings.delivery_timeout, settings.waiting_timeout,
                             settings.request_timeout, settings.close_timeout}) {
        if (limit.count() >= 1 && limit <= std::chrono::minutes(5)) continue;
        return fail(ErrorCode::invalid_input,
                    fmt::format("Kafka was to be given {} ms to answer; use 1 ms to 5 minutes.",
                                limit.count()));
    }
    return {};
}

}  // namespace

Result<std::unique_ptr<KafkaLog>> KafkaLog::open(KafkaLogSettings settings, const Clock& clock) {
    if (auto valid = check_settings(settings); !valid) return std::unexpected(valid.error());
    // Only a client that was made has looked at everything: key files, mechanisms, combinations.
    auto session = kafka::ProducerSession::open(settings);
    if (!session) return std::unexpected(session.error());
    kafka::destroy_within(std::move(*session), kafka::kDestruction);
    return std::unique_ptr<KafkaLog>(new KafkaLog(std::move(settings), clock));
}

std::unique_ptr<Writer> KafkaLog::make_writer() {
    return std::make_unique<kafka::KafkaWriter>(settings_, clock_);
}

std::unique_ptr<Reader> KafkaLog::make_reader(std::string group, std::vector<std::string> topics,
                                              RebalanceListener& listener) {
    return std::make_unique<kafka::KafkaReader>(settings_, clock_, std::move(group),
                                                std::move(topics), listener);
}

std::unique_ptr<Inspector> KafkaLog::make_inspector() {
    return std::make_unique<kafka::KafkaInspector>(settings_, clock_);
}

Result<std::vector<TopicCreation>> KafkaLog::create_topics(const std::vector<std::string>& topics,
                                                           const TopicPlan& plan) {
    auto admin = kafka::TopicAdmin::open(settings_, clock_);
    if (!admin) return std::unexpected(admin.error());
    return admin->create(topics, plan);
}

Result<std::vector<std::string>> KafkaLog::missing_topics(const std::vector<std::string>& topics) {
    auto admin = kafka::TopicAdmin::open(settings_, clock_);
    if (!admin) return std::unexpected(admin.error());
    return admin->missing(topics);
}

std::string KafkaLog::library_version() {
    return rd_kafka_version_str();
}

}  // namespace tributary::event_log
