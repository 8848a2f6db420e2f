#include "event_log/kafka/configuration.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <random>
#include <span>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace tributary::event_log::kafka {
namespace {

struct Property {
    std::string name;
    std::string value;
};

/// What the guarantees of writer and reader rest on, and what has a setting of its own.
constexpr std::array<std::pair<std::string_view, std::string_view>, 22> kOurs{{
    {"acks", "an event is accepted when every replica in sync has it"},
    {"request.required.acks", "an event is accepted when every replica in sync has it"},
    {"enable.idempotence", "retries must neither repeat nor reorder records"},
    {"transactional.id", "records are written one by one"},
    {"enable.auto.commit", "offsets are committed when their documents are stored"},
    {"auto.commit.enable", "offsets are committed when their documents are stored"},
    {"enable.auto.offset.store", "offsets are committed when their documents are stored"},
    {"auto.offset.reset", "a new group begins with the first record"},
    {"partition.assignment.strategy", "the members of a group must agree on it"},
    {"group.protocol", "the members of a group must agree on it"},
    {"group.remote.assignor", "the members of a group must agree on it"},
    {"enable.partition.eof", "the reader relies on it"},
    {"delivery.report.only.error", "a receipt needs the report of its record"},
    {"group.instance.id", "a fenced member reads nothing and never comes back"},
    {"group.id", "set KAFKA_GROUP_ID instead"},
    {"bootstrap.servers", "set KAFKA_BOOTSTRAP_SERVERS instead"},
    {"metadata.broker.list", "set KAFKA_BOOTSTRAP_SERVERS instead"},
    {"message.timeout.ms", "set DELIVERY_TIMEOUT instead"},
    {"delivery.timeout.ms", "set DELIVERY_TIMEOUT instead"},
    {"message.max.bytes", "set MAX_EVENT_BYTES instead"},
    {"log.queue", "its log lines are ours to write"},
    {"partitioner", "a key belongs to the partition that murmur2 gives it"},
}};
constexpr std::array<std::string_view, 2> kInFlight{"max.in.flight",
                                                    "max.in.flight.requests.per.connection"};
constexpr int kMostInFlight = 5;
/// Milliseconds after which a broker that does not answer a reader is connected to anew; behind one
/// lost answer everything on its connection waits. librdkafka's own default is a minute.
constexpr const char* kSilence = "10000";

Result<void> check(const std::string& name, const std::string& value) {
    const auto* ours = std::ranges::find(kOurs, std::string_view(name),
                                         &std::pair<std::string_view, std::string_view>::first);
    if (ours != kOurs.end()) {
        return fail(
            ErrorCode::invalid_input,
            fmt::format("The Kafka property {} is not yours to set: {}.", name, ours->second));
    }
    if (std::ranges::find(kInFlight, name) == kInFlight.end()) return {};
    const bool is_number =
        !value.empty() && value.size() < 3 && value.find_first_not_of("0123456789") == value.npos;
    if (is_number && std::stoi(value) <= kMostInFlight) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("The Kafka property {} is '{}'; the order of records is kept with at "
                            "most {}.",
                            name, value, kMostInFlight));
}

Result<void> set(rd_kafka_conf_t& configuration, const std::string& name,
                 const std::string& value) {
    std::array<char, 512> reason{};
    if (rd_kafka_conf_set(&configuration, name.c_str(), value.c_str(), reason.data(),
                          reason.size()) == RD_KAFKA_CONF_OK) {
        return {};
    }
    return fail(ErrorCode::invalid_input,
                fmt::format("librdkafka {} does not take the property {}: {}. Correct the "
                            "variable KAFKA_… or remove it.",
                            rd_kafka_version_str(), name, reason.data()));
}

/// Brokers tell their clients apart by it, in logs, quotas and metrics; pods share process ids.
std::string unique_client_id(const KafkaLogSettings& settings) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    const auto given = settings.properties.find("client.id");
    const auto& prefix =
        given == settings.properties.end() ? settings.client_id_prefix : given->second;
    return fmt::format("{}-{}-{}-{:08x}", prefix, host.data(), ::getpid(), std::random_device()());
}

Result<ConfHandle> build(const KafkaLogSettings& settings, std::span<const Property> defaults,
                         std::span<const Property> fixed) {
    ConfHandle configuration(rd_kafka_conf_new());
    const auto apply = [&](std::span<const Property> properties) -> Result<void> {
        for (const auto& [name, value] : properties) {
            if (auto done = set(*configuration, name, value); !done) return done;
        }
        return {};
    };
    // Kafka's own default is ten seconds: too long after an outage of a moment.
    const std::array<Property, 3> common{{{"reconnect.backoff.max.ms", "1000"},
                                          {"socket.keepalive.enable", "true"},
                                          {"log.connection.close", "false"}}};
    if (auto done = apply(common); !done) return std::unexpected(done.error());
    if (auto done = apply(defaults); !done) return std::unexpected(done.error());
    for (const auto& [name, value] : settings.properties) {
        if (auto fine = check(name, value); !fine) return std::unexpected(fine.error());
        if (auto done = set(*configuration, name, value); !done) {
            return std::unexpected(done.error());
        }
    }
    const std::array<Property, 2> ours{{{"bootstrap.servers", settings.bootstrap_servers},
                                        {"client.id", unique_client_id(settings)}}};
    if (auto done = apply(ours); !done) return std::unexpected(done.error());
    if (auto done = apply(fixed); !done) return std::unexpected(done.error());
    return configuration;
}

}  // namespace

std::size_t max_record_bytes(const KafkaLogSettings& settings, std::string_view topic) {
    const bool is_dead_letter = topic.ends_with(dead_letter_topic(""));
    return settings.max_record_bytes + (is_dead_letter ? kRoomForReasons : 0);
}

std::size_t requests_in_flight(const KafkaLogSettings& settings) {
    for (const auto name : kInFlight) {
        const auto given = settings.properties.find(std::string(name));
        if (given != settings.properties.end()) return std::stoul(given->second);
    }
    return kMostInFlight;
}

Result<ConfHandle> producer_configuration(const KafkaLogSettings& settings) {
    // The writer gathers while a batch is under way; librdkafka is to send at once.
    const std::array<Property, 4> defaults{{{"linger.ms", "0"},
                                            {"socket.nagle.disable", "true"},
                                            {"max.in.flight", std::to_string(kMostInFlight)},
                                            {"allow.auto.create.topics", "false"}}};
    // The queue is bounded by the writer, in bytes; librdkafka's own bounds must never be met.
    const auto queue_kbytes =
        std::clamp<std::size_t>(settings.max_queued_bytes / 512, std::size_t{1} << 16, 2147483647);
    const auto largest =
        max_record_bytes(settings, dead_letter_topic(settings.bootstrap_servers)) + kFraming;
    const std::array<Property, 6> fixed{
        {{"acks", "all"},
         {"enable.idempotence", "true"},
         {"message.timeout.ms", std::to_string(settings.delivery_timeout.count())},
         {"message.max.bytes", std::to_string(largest)},
         {"queue.buffering.max.messages", "0"},
         {"queue.buffering.max.kbytes", std::to_string(queue_kbytes)}}};
    return build(settings, defaults, fixed);
}

Result<ConfHandle> reader_configuration(const KafkaLogSettings& settings,
                                        const std::string& group) {
    // A killed member is replaced after ten seconds, a joining one heard of within one. What is
    // fetched ahead lies in memory; where it is full librdkafka looks again only after a second, so
    // it must last that long.
    const std::array<Property, 4> defaults{{{"session.timeout.ms", "10000"},
                                            {"heartbeat.interval.ms", "1000"},
                                            {"socket.timeout.ms", kSilence},
                                            {"queued.max.messages.kbytes", "20480"}}};
    // Eager and round-robin: every rebalance takes everything and gives everything, which is one
    // simple path to get right, and version 2.0.2 has known defects in incremental rebalancing.
    // `range` would give the first members one partition more of every topic.
    const std::array<Property, 6> fixed{{{"group.id", group},
                                         {"partition.assignment.strategy", "roundrobin"},
                                         {"enable.auto.commit", "false"},
                                         {"enable.auto.offset.store", "false"},
                                         {"auto.offset.reset", "earliest"},
                                         {"enable.partition.eof", "false"}}};
    return build(settings, defaults, fixed);
}

Result<ConfHandle> inspector_configuration(const KafkaLogSettings& settings) {
    const std::array<Property, 3> defaults{{{"fetch.wait.max.ms", "20"},
                                            {"fetch.error.backoff.ms", "20"},
                                            {"socket.timeout.ms", kSilence}}};
    // librdkafka wants a group for every consumer; this one neither joins nor commits.
    const std::array<Property, 5> fixed{{{"group.id", "tributary-inspector"},
                                         {"enable.auto.commit", "false"},
                                         {"enable.auto.offset.store", "false"},
                                         {"auto.offset.reset", "earliest"},
                                         {"enable.partition.eof", "true"}}};
    return build(settings, defaults, fixed);
}

}  // namespace tributary::event_log::kafka
