#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "event_log/kafka/kafka_log.h"
#include "settings/settings.h"
#include "telemetry/log.h"

namespace tributary::apps {

/// The event log that the settings name: Kafka where KAFKA_BOOTSTRAP_SERVERS is set, else the
/// embedded one in DATA_DIR.
class LogBackend {
public:
    LogBackend() = default;
    LogBackend(const LogBackend&) = delete;
    LogBackend& operator=(const LogBackend&) = delete;
    virtual ~LogBackend() = default;

    /// What is made here stands on its own; `listener` must outlive the reader.
    virtual std::unique_ptr<event_log::Writer> make_writer() = 0;
    virtual std::unique_ptr<event_log::Reader> make_reader(
        std::string group, std::vector<std::string> topics,
        event_log::RebalanceListener& listener) = 0;
    virtual std::unique_ptr<event_log::Inspector> make_inspector() = 0;

    /// Says in the log which topics are missing and which command makes them. Blocks for some
    /// seconds at most where the log does not answer.
    virtual void report_missing_topics(telemetry::Log& log) = 0;
    /// Removes what every group has read and is old enough, where the log does not do so itself.
    virtual void trim(telemetry::Log& log) = 0;
};

/// The topics of the catalog's types.
std::vector<std::string> topics_of(const event::Catalog& catalog);

/// `clock`, `catalog` and `log` must outlive what is returned. Where outcomes of writing are of use
/// only until `answer_deadline`, what waits in a writer is refused in time for it.
Result<std::unique_ptr<LogBackend>> open_event_log(
    const settings::Settings& settings, const event::Catalog& catalog, const Clock& clock,
    telemetry::Log& log, std::optional<std::chrono::milliseconds> answer_deadline = std::nullopt);

/// Whether Kafka's client takes the KAFKA_… properties, also where the embedded log is used:
/// `invalid_input` names the one that it does not take.
Result<void> check_kafka_properties(const settings::Settings& settings);

/// Kafka alone, for the commands that only it has: each step may take as long as `patience`.
Result<std::unique_ptr<event_log::KafkaLog>> open_kafka(const settings::Settings& settings,
                                                        std::chrono::milliseconds patience,
                                                        const Clock& clock, telemetry::Log& log);

}  // namespace tributary::apps
