#include "apps/program.h"

#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <signal.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace tributary::apps {
namespace {

/// Headers and key come on top of the event itself.
constexpr std::size_t kRecordOverhead = std::size_t{64} << 10;

Result<std::string> make_data_folder(const settings::Settings& settings) {
    const std::string& folder = settings.text("DATA_DIR");
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) {
        return fail(
            ErrorCode::invalid_input,
            fmt::format("DATA_DIR: cannot make the folder \"{}\": {}.", folder, failure.message()));
    }
    return folder;
}

Result<void> refuse_servers(const settings::Settings& settings, std::string_view name) {
    if (settings.text(name).empty()) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("{}: this version has the embedded log and index only; remove the "
                            "variable.",
                            name));
}

sigset_t termination_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

int report_start_error(const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    return error.code == ErrorCode::invalid_input ? kExitConfiguration : kExitFailure;
}

telemetry::Log make_log(const std::string& service, const settings::Settings& settings,
                        const Clock& clock) {
    const std::string& format = settings.text("LOG_FORMAT");
    const auto level = telemetry::parse_level(settings.text("LOG_LEVEL"));
    return telemetry::Log(
        {.service = service,
         .minimum = level.value_or(telemetry::Level::info),
         .human = format == "text" || (format == "auto" && ::isatty(STDOUT_FILENO) != 0)},
        clock);
}

Result<event::Catalog> load_catalog(const settings::Settings& settings) {
    const std::string& path = settings.text("ENTITY_CATALOG");
    return path.empty() ? event::Catalog::built_in() : event::Catalog::load(path);
}

Result<std::unique_ptr<event_log::EmbeddedLog>> open_event_log(const settings::Settings& settings,
                                                               const event::Catalog& catalog,
                                                               const Clock& clock) {
    if (auto fine = refuse_servers(settings, "KAFKA_BOOTSTRAP_SERVERS"); !fine) {
        return std::unexpected(fine.error());
    }
    const auto folder = make_data_folder(settings);
    if (!folder) return std::unexpected(folder.error());

    event_log::EmbeddedLogSettings log_settings;
    log_settings.path = *folder + "/log.db";
    log_settings.partitions = static_cast<std::int32_t>(settings.integer("EMBEDDED_PARTITIONS"));
    log_settings.max_record_bytes =
        static_cast<std::size_t>(settings.integer("MAX_EVENT_BYTES")) + kRecordOverhead;
    log_settings.retention = settings.duration("EMBEDDED_RETENTION");
    log_settings.retention_bytes =
        static_cast<std::uint64_t>(settings.integer("EMBEDDED_RETENTION_BYTES"));
    log_settings.free_space_reserve_bytes =
        static_cast<std::uint64_t>(settings.integer("EMBEDDED_FREE_SPACE_RESERVE"));
    log_settings.write_deadline = settings.duration("DELIVERY_TIMEOUT");
    auto log = event_log::EmbeddedLog::open(std::move(log_settings), clock);
    if (!log) return log;
    for (const event::EntityType& type : catalog.types()) {
        for (const std::string& topic : {type.topic, event_log::dead_letter_topic(type.topic),
                                         event_log::dead_letter_actions_topic(type.topic)}) {
            if (auto made = (*log)->create_topic(topic); !made) {
                return std::unexpected(made.error());
            }
        }
    }
    return log;
}

Result<std::unique_ptr<document_index::EmbeddedIndex>> open_document_index(
    const settings::Settings& settings, const event::Catalog& catalog) {
    if (auto fine = refuse_servers(settings, "ELASTICSEARCH_URL"); !fine) {
        return std::unexpected(fine.error());
    }
    const auto folder = make_data_folder(settings);
    if (!folder) return std::unexpected(folder.error());

    document_index::EmbeddedIndexSettings index_settings;
    index_settings.path = *folder + "/index.db";
    for (const event::EntityType& type : catalog.types()) {
        std::vector<std::string>& fields = index_settings.value_fields[type.index];
        for (const event::Field& field : type.fields) fields.push_back("data." + field.name);
    }
    return document_index::EmbeddedIndex::open(std::move(index_settings));
}

TerminationSignals::TerminationSignals() {
    const sigset_t set = termination_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A peer that closes its end is an error of that write, not of the process.
    ::signal(SIGPIPE, SIG_IGN);
}

int TerminationSignals::wait(std::chrono::milliseconds limit) const {
    const sigset_t set = termination_signals();
    const timespec time{limit.count() / 1'000, (limit.count() % 1'000) * 1'000'000};
    const int signal = ::sigtimedwait(&set, nullptr, &time);
    return signal > 0 ? signal : 0;
}

}  // namespace tributary::apps
