#include "event_log/kafka/topic_admin.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <set>
#include <span>
#include <thread>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/errors.h"

namespace tributary::event_log::kafka {
namespace {

constexpr std::int32_t kMaxPartitions = 1'000;
/// With fewer replicas, one broker's restart would stop all writing.
constexpr std::int32_t kReplicasForQuorum = 3;
/// Kafka with ZooKeeper writes for every partition, one after another.
constexpr auto kCreationWithin = std::chrono::milliseconds(30'000);
constexpr auto kLookAgainAfter = std::chrono::milliseconds(50);

Result<void> check(const std::vector<std::string>& topics, const TopicPlan& plan) {
    if (topics.empty()) return fail(ErrorCode::invalid_input, "No topic was named to be made.");
    if (plan.partitions < 1 || plan.partitions > kMaxPartitions) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Topics were to be made with {} partitions; use 1 to {}.",
                                plan.partitions, kMaxPartitions));
    }
    if (plan.replication < 1) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Topics were to be made with {} replicas; use 1 or more, and 3 "
                                "where there are three brokers.",
                                plan.replication));
    }
    return {};
}

/// Each topic, its dead letters, what was done with them.
std::vector<std::string> with_dead_letters(const std::vector<std::string>& topics) {
    std::vector<std::string> names;
    for (const auto& topic : topics) {
        names.push_back(topic);
        names.push_back(dead_letter_topic(topic));
        names.push_back(dead_letter_actions_topic(topic));
    }
    return names;
}

Result<NewTopicHandle> new_topic(const KafkaLogSettings& settings, const std::string& name,
                                 const TopicPlan& plan) {
    std::array<char, 256> reason{};
    NewTopicHandle topic(rd_kafka_NewTopic_new(name.c_str(), plan.partitions, plan.replication,
                                               reason.data(), reason.size()));
    if (!topic) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The topic '{}' cannot be made: {}.", name, reason.data()));
    }
    const auto set = [&](const char* key, const std::string& value) {
        rd_kafka_NewTopic_set_config(topic.get(), key, value.c_str());
    };
    set("max.message.bytes", std::to_string(max_record_bytes(settings, name) + kFraming));
    if (plan.replication >= kReplicasForQuorum) set("min.insync.replicas", "2");
    if (name.ends_with(dead_letter_topic(""))) {
        set("retention.ms", "-1");
        set("retention.bytes", "-1");
    }
    if (name.ends_with(dead_letter_actions_topic(""))) set("cleanup.policy", "compact");
    return topic;
}

Result<TopicCreation> creation_of(const rd_kafka_topic_result_t& result) {
    const std::string name = rd_kafka_topic_result_name(&result);
    const auto error = rd_kafka_topic_result_error(&result);
    if (error == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) return TopicCreation{name, true, 0, 0};
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return TopicCreation{name, false, 0, 0};
    const auto* detail = rd_kafka_topic_result_error_string(&result);
    return std::unexpected(error_of(error, fmt::format("Kafka did not make the topic '{}'", name),
                                    detail == nullptr ? "" : detail));
}

}  // namespace

Result<TopicAdmin> TopicAdmin::open(const KafkaLogSettings& settings, const Clock& clock) {
    auto configuration = inspector_configuration(settings);
    if (!configuration) return std::unexpected(configuration.error());
    auto client = Client::open(RD_KAFKA_CONSUMER, std::move(*configuration), {settings.log, {}});
    if (!client) return std::unexpected(client.error());
    return TopicAdmin(settings, clock, std::move(*client));
}

Result<std::vector<TopicCreation>> TopicAdmin::create(const std::vector<std::string>& topics,
                                                      const TopicPlan& plan) {
    if (auto fine = check(topics, plan); !fine) return std::unexpected(fine.error());
    std::vector<NewTopicHandle> owned;
    std::vector<rd_kafka_NewTopic_t*> wanted;
    for (const auto& name : with_dead_letters(topics)) {
        auto topic = new_topic(settings_, name, plan);
        if (!topic) return std::unexpected(topic.error());
        owned.push_back(std::move(*topic));
        wanted.push_back(owned.back().get());
    }
    constexpr auto kTimeout = static_cast<int>(kCreationWithin.count());
    const AdminOptionsHandle options(
        rd_kafka_AdminOptions_new(client_->get(), RD_KAFKA_ADMIN_OP_CREATETOPICS));
    rd_kafka_AdminOptions_set_request_timeout(options.get(), kTimeout, nullptr, 0);
    rd_kafka_AdminOptions_set_operation_timeout(options.get(), kTimeout, nullptr, 0);
    const QueueHandle answers(rd_kafka_queue_new(client_->get()));
    rd_kafka_CreateTopics(client_->get(), wanted.data(), wanted.size(), options.get(),
                          answers.get());
    const EventHandle answer(rd_kafka_queue_poll(answers.get(), 2 * kTimeout));
    const auto error = answer ? rd_kafka_event_error(answer.get()) : RD_KAFKA_RESP_ERR__TIMED_OUT;
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::string why = client_->last_failure();
        return std::unexpected(
            error_of(error,
                     fmt::format("Kafka at {} did not answer to the making of topics",
                                 settings_.bootstrap_servers),
                     why));
    }
    std::size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(answer.get()), &count);
    std::vector<TopicCreation> created;
    for (std::size_t i = 0; i < count; ++i) {
        auto creation = creation_of(*results[i]);
        if (!creation) return std::unexpected(creation.error());
        created.push_back(std::move(*creation));
    }
    if (auto there = wait_for(created); !there) return std::unexpected(there.error());
    if (auto described = describe(created); !described) return std::unexpected(described.error());
    return created;
}

Result<void> TopicAdmin::describe(std::vector<TopicCreation>& topics) {
    const auto metadata = ask();
    if (!metadata) return std::unexpected(metadata.error());
    const std::span known((*metadata)->topics, static_cast<std::size_t>((*metadata)->topic_cnt));
    for (auto& creation : topics) {
        const auto found = std::ranges::find_if(
            known, [&](const auto& topic) { return creation.topic == topic.topic; });
        if (found == known.end() || found->partition_cnt == 0) continue;
        creation.partitions = found->partition_cnt;
        creation.replication = found->partitions[0].replica_cnt;
    }
    return {};
}

/// Made by the controller; the brokers hear of it a moment later.
Result<void> TopicAdmin::wait_for(const std::vector<TopicCreation>& topics) {
    const auto deadline = clock_.steady_now() + kCreationWithin;
    std::vector<std::string> names;
    for (const auto& creation : topics) names.push_back(creation.topic);
    while (true) {
        const auto missing = absent(names);
        if (!missing) return std::unexpected(missing.error());
        if (missing->empty()) return {};
        if (clock_.steady_now() > deadline) {
            return fail(ErrorCode::timed_out,
                        fmt::format("The topic '{}' was made, but Kafka does not name it yet. "
                                    "Try again.",
                                    missing->front()));
        }
        std::this_thread::sleep_for(kLookAgainAfter);
    }
}

Result<std::vector<std::string>> TopicAdmin::missing(const std::vector<std::string>& topics) {
    return absent(with_dead_letters(topics));
}

/// Which of them Kafka does not name with all their leaders.
Result<std::vector<std::string>> TopicAdmin::absent(std::vector<std::string> names) {
    const auto metadata = ask();
    if (!metadata) return std::unexpected(metadata.error());
    std::set<std::string, std::less<>> found;
    for (int i = 0; i < (*metadata)->topic_cnt; ++i) {
        const auto& topic = (*metadata)->topics[i];
        const std::span partitions(topic.partitions, static_cast<std::size_t>(topic.partition_cnt));
        const bool is_led =
            !partitions.empty() &&
            std::ranges::all_of(partitions, [](const auto& p) { return p.leader >= 0; });
        if (topic.err == RD_KAFKA_RESP_ERR_NO_ERROR && is_led) found.insert(topic.topic);
    }
    std::erase_if(names, [&](const std::string& name) { return found.contains(name); });
    return names;
}

/// About every topic.
Result<MetadataHandle> TopicAdmin::ask() {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error = rd_kafka_metadata(client_->get(), 1, nullptr, &raw,
                                         static_cast<int>(settings_.request_timeout.count()));
    MetadataHandle metadata(raw);
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return metadata;
    const std::string why = client_->last_failure();
    return std::unexpected(
        no_answer(settings_.bootstrap_servers, why.empty() ? rd_kafka_err2str(error) : why));
}

}  // namespace tributary::event_log::kafka
