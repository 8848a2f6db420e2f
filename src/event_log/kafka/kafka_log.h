#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/event_log.h"

namespace tributary::event_log {

struct KafkaLogSettings {
    std::string bootstrap_servers;  ///< `host:port`, comma-separated.
    /// Begins the `client.id` of every connection; the rest is made unique.
    std::string client_id_prefix = "tributary";
    /// librdkafka's properties, by its names: TLS, SASL, anything that is not ours to guarantee.
    std::map<std::string, std::string> properties;

    /// From handing a record over to librdkafka until its fate is decided.
    std::chrono::milliseconds delivery_timeout{std::chrono::seconds(15)};
    /// Before: behind a batch that is under way, mostly at most a second, or for the names of a
    /// topic's partitions. What has waited longer is `unavailable` and never handed over, so both
    /// together bound the time until an outcome; librdkafka looks once a second.
    std::chrono::milliseconds waiting_timeout{std::chrono::seconds(4)};
    /// Bounds what waits in one writer; what does not fit is `retry_later` at once.
    std::size_t max_queued_bytes = std::size_t{64} << 20;
    /// Key, value and headers of one record together; larger ones are `invalid_input`. Dead letters
    /// may have 1 MiB more, so that whatever was accepted fits into one.
    std::size_t max_record_bytes = (std::size_t{1} << 20) + (std::size_t{64} << 10);

    /// How long a commit or a look waits for Kafka before it gives up.
    std::chrono::milliseconds request_timeout{std::chrono::seconds(5)};
    /// How long a reader may take to leave its group.
    std::chrono::milliseconds close_timeout{std::chrono::seconds(10)};

    /// A reader that polls and gets nothing for so long of a partition, and for as long again of
    /// what the partition has then, is given a new client: what librdkafka does by itself
    /// (reconnect, find the leader, rejoin) takes seconds. One that did not help is repeated after
    /// twice the time, up to an hour.
    std::chrono::milliseconds reader_standstill{std::chrono::seconds(60)};

    /// librdkafka's own log lines, with syslog's severities (3 error, 4 warning, 6 information).
    /// May be called from any thread. Empty: they are dropped.
    std::function<void(int severity, std::string_view line)> log;
};

/// How topics are made.
struct TopicPlan {
    std::int32_t partitions = 3;
    /// From three replicas on, `min.insync.replicas` is 2.
    std::int32_t replication = 1;
};

struct TopicCreation {
    std::string topic;
    bool existed = false;  ///< Then it was left as it was.
    // As Kafka has it now; 0 where it does not say.
    std::int32_t partitions = 0;
    std::int32_t replication = 0;
};

/// The event log in Kafka, by librdkafka. Thread-safe; holds no connection itself.
class KafkaLog {
public:
    /// Checks the settings, and does not ask a broker. `invalid_input` names the property that is
    /// unknown, wrong, or not to be set. `clock` must outlive the log and all that it makes.
    static Result<std::unique_ptr<KafkaLog>> open(KafkaLogSettings settings, const Clock& clock);

    /// What is made here stands on its own and may outlive this object. `listener` must outlive the
    /// reader. Making a writer waits at most two seconds for a broker's first answer.
    std::unique_ptr<Writer> make_writer();
    std::unique_ptr<Reader> make_reader(std::string group, std::vector<std::string> topics,
                                        RebalanceListener& listener);
    std::unique_ptr<Inspector> make_inspector();

    /// Makes, for each topic T that is named, T, its dead letters (never expire, and take what T
    /// takes and 1 MiB more) and their actions (compacted). Idempotent; existing ones are left as
    /// they are. Returns once Kafka names them all; in the order T, `T.dlq`, `T.dlq.actions`.
    Result<std::vector<TopicCreation>> create_topics(const std::vector<std::string>& topics,
                                                     const TopicPlan& plan);
    /// Which of the topics that `create_topics` makes are not there, in its order.
    Result<std::vector<std::string>> missing_topics(const std::vector<std::string>& topics);

    /// librdkafka's, as it runs: `2.0.2`.
    static std::string library_version();

private:
    KafkaLog(KafkaLogSettings settings, const Clock& clock)
        : settings_(std::move(settings)), clock_(clock) {}

    const KafkaLogSettings settings_;
    const Clock& clock_;
};

}  // namespace tributary::event_log
