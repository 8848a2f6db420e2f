#include "apps/log_backend.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <utility>

#include "apps/program.h"
#include "event_log/embedded/embedded_log.h"

namespace tributary::apps {
namespace {

using std::chrono::milliseconds;

/// Headers and key come on top of the event itself.
constexpr std::size_t kRecordOverhead = std::size_t{64} << 10;
/// Syslog's severity of errors; librdkafka counts downwards from debug, 7.
constexpr int kSyslogError = 3;
constexpr int kSyslogWarning = 4;
/// A service does not hang longer on a commit or a look.
constexpr std::chrono::seconds kPatience{5};

std::size_t max_record_bytes(const settings::Settings& settings) {
    return static_cast<std::size_t>(settings.integer("MAX_EVENT_BYTES")) + kRecordOverhead;
}

/// Both together end before the answer, with the second in which librdkafka looks; the wait is
/// short rather than none where the settings leave nothing for it.
milliseconds waiting_timeout(milliseconds answer_deadline, milliseconds delivery_timeout) {
    constexpr milliseconds kSecond{1'000};
    const auto left = answer_deadline - delivery_timeout - kSecond;
    return std::max(kSecond, std::min(left, delivery_timeout));
}

/// What both logs have in common: they make their parts by the same names.
template <class Log>
class OpenedLog : public LogBackend {
public:
    explicit OpenedLog(std::unique_ptr<Log> event_log) : event_log_(std::move(event_log)) {}
    std::unique_ptr<event_log::Writer> make_writer() override { return event_log_->make_writer(); }
    std::unique_ptr<event_log::Reader> make_reader(
        std::string group, std::vector<std::string> topics,
        event_log::RebalanceListener& listener) override {
        return event_log_->make_reader(std::move(group), std::move(topics), listener);
    }
    std::unique_ptr<event_log::Inspector> make_inspector() override {
        return event_log_->make_inspector();
    }

protected:
    std::unique_ptr<Log> event_log_;
};

class EmbeddedBackend final : public OpenedLog<event_log::EmbeddedLog> {
public:
    using OpenedLog::OpenedLog;
    /// It makes its topics itself.
    void report_missing_topics(telemetry::Log& /*log*/) override {}
    void trim(telemetry::Log& log) override {
        const auto removed = event_log_->trim();
        if (!removed) {
            log.warn("The log could not be trimmed; it is tried again in a minute.",
                     removed.error());
        } else if (*removed > 0) {
            log.info("Trimmed the log.", {{"tributary.records", *removed}});
        }
    }
};

class KafkaBackend final : public OpenedLog<event_log::KafkaLog> {
public:
    KafkaBackend(std::unique_ptr<event_log::KafkaLog> event_log, std::vector<std::string> topics)
        : OpenedLog(std::move(event_log)), topics_(std::move(topics)) {}
    void report_missing_topics(telemetry::Log& log) override {
        const auto missing = event_log_->missing_topics(topics_);
        if (!missing) {
            log.warn("Kafka does not answer yet; it is asked again until it does.",
                     missing.error());
        } else if (!missing->empty()) {
            log.error(fmt::format("Kafka has no topics {}; `tributary topics create` makes them.",
                                  fmt::join(*missing, ", ")));
        }
    }
    /// Kafka's retention does.
    void trim(telemetry::Log& /*log*/) override {}

private:
    const std::vector<std::string> topics_;
};

Result<std::unique_ptr<LogBackend>> open_embedded(const settings::Settings& settings,
                                                  const event::Catalog& catalog,
                                                  const Clock& clock) {
    const auto folder = make_data_folder(settings);
    if (!folder) return std::unexpected(folder.error());
    event_log::EmbeddedLogSettings log_settings;
    log_settings.path = *folder + "/log.db";
    log_settings.partitions = static_cast<std::int32_t>(settings.integer("EMBEDDED_PARTITIONS"));
    log_settings.max_record_bytes = max_record_bytes(settings);
    log_settings.retention = settings.duration("EMBEDDED_RETENTION");
    log_settings.retention_bytes =
        static_cast<std::uint64_t>(settings.integer("EMBEDDED_RETENTION_BYTES"));
    log_settings.free_space_reserve_bytes =
        static_cast<std::uint64_t>(settings.integer("EMBEDDED_FREE_SPACE_RESERVE"));
    log_settings.write_deadline = settings.duration("DELIVERY_TIMEOUT");
    auto log = event_log::EmbeddedLog::open(std::move(log_settings), clock);
    if (!log) return std::unexpected(log.error());
    for (const std::string& type_topic : topics_of(catalog)) {
        for (const std::string& topic : {type_topic, event_log::dead_letter_topic(type_topic),
                                         event_log::dead_letter_actions_topic(type_topic)}) {
            if (auto made = (*log)->create_topic(topic); !made) {
                return std::unexpected(made.error());
            }
        }
    }
    return std::make_unique<EmbeddedBackend>(std::move(*log));
}

event_log::KafkaLogSettings kafka_settings(const settings::Settings& settings,
                                           milliseconds patience, telemetry::Log& log) {
    event_log::KafkaLogSettings log_settings;
    log_settings.bootstrap_servers = settings.text("KAFKA_BOOTSTRAP_SERVERS");
    log_settings.properties = settings.kafka_properties();
    log_settings.delivery_timeout = settings.duration("DELIVERY_TIMEOUT");
    log_settings.max_record_bytes = max_record_bytes(settings);
    log_settings.request_timeout = patience;
    log_settings.log = [&log](int severity, std::string_view line) {
        if (severity <= kSyslogError) {
            log.error("Kafka's client reports an error.", {{"error.message", line}});
        } else if (severity <= kSyslogWarning) {
            log.warn("Kafka's client warns.", {{"error.message", line}});
        } else {
            log.debug("Kafka's client says something.", {{"event.reason", line}});
        }
    };
    return log_settings;
}

}  // namespace

std::vector<std::string> topics_of(const event::Catalog& catalog) {
    std::vector<std::string> topics;
    for (const event::EntityType& type : catalog.types()) topics.push_back(type.topic);
    return topics;
}

Result<std::unique_ptr<event_log::KafkaLog>> open_kafka(const settings::Settings& settings,
                                                        milliseconds patience, const Clock& clock,
                                                        telemetry::Log& log) {
    return event_log::KafkaLog::open(kafka_settings(settings, patience, log), clock);
}

Result<void> check_kafka_properties(const settings::Settings& settings) {
    if (settings.kafka_properties().empty()) return {};
    const std::string& servers = settings.text("KAFKA_BOOTSTRAP_SERVERS");
    event_log::KafkaLogSettings log_settings;
    // Nobody is asked.
    log_settings.bootstrap_servers = servers.empty() ? "127.0.0.1:9" : servers;
    log_settings.properties = settings.kafka_properties();
    const SystemClock clock;
    const auto opened = event_log::KafkaLog::open(std::move(log_settings), clock);
    return opened ? Result<void>() : std::unexpected(opened.error());
}

Result<std::unique_ptr<LogBackend>> open_event_log(const settings::Settings& settings,
                                                   const event::Catalog& catalog,
                                                   const Clock& clock, telemetry::Log& log,
                                                   std::optional<milliseconds> answer_deadline) {
    if (settings.text("KAFKA_BOOTSTRAP_SERVERS").empty()) {
        if (auto fine = check_kafka_properties(settings); !fine) {
            return std::unexpected(fine.error());
        }
        return open_embedded(settings, catalog, clock);
    }
    auto log_settings = kafka_settings(settings, kPatience, log);
    if (answer_deadline) {
        log_settings.waiting_timeout =
            waiting_timeout(*answer_deadline, log_settings.delivery_timeout);
    }
    auto kafka = event_log::KafkaLog::open(std::move(log_settings), clock);
    if (!kafka) return std::unexpected(kafka.error());
    log.info("Uses Kafka.",
             {{"server.address", settings.text("KAFKA_BOOTSTRAP_SERVERS")},
              {"tributary.librdkafka.version", event_log::KafkaLog::library_version()}});
    return std::make_unique<KafkaBackend>(std::move(*kafka), topics_of(catalog));
}

}  // namespace tributary::apps
