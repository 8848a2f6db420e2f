// tributary-consumer: reads the log, indexes documents, keeps what cannot be indexed as dead
// letters.
#include <algorithm>
#include <thread>

#include "apps/idle_memory.h"
#include "apps/index_backend.h"
#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/span_counts.h"
#include "apps/traces.h"
#include "base/version.h"
#include "http/server.h"
#include "indexing/consumer.h"
#include "indexing/lag.h"
#include "indexing/search_probe.h"
#include "indexing/stats_fields.h"
#include "indexing/status_handler.h"
#include "telemetry/metrics.h"
#include "telemetry/pipeline_stats.h"

using namespace tributary;

namespace {

constexpr std::chrono::seconds kTrimInterval{60};

indexing::IndexingSettings indexing_settings(const settings::Settings& values) {
    indexing::IndexingSettings settings;
    settings.max_batch_documents = static_cast<std::size_t>(values.integer("BULK_MAX_DOCUMENTS"));
    settings.max_batch_bytes = static_cast<std::size_t>(values.integer("BULK_MAX_BYTES"));
    settings.max_in_flight = static_cast<std::size_t>(values.integer("BULK_MAX_IN_FLIGHT"));
    // While all that may be in flight is in flight, as much again is made ready.
    settings.max_buffered_records = std::max(
        settings.max_buffered_records, 2 * settings.max_batch_documents * settings.max_in_flight);
    return settings;
}

http::ServerSettings server_settings(const settings::Settings& values) {
    http::ServerSettings settings;
    settings.address = values.text("LISTEN_ADDRESS");
    const std::int64_t port = values.integer("PORT");
    settings.port = static_cast<std::uint16_t>(port == 0 ? 8082 : port);
    settings.max_connections = 100;
    return settings;
}

std::unique_ptr<indexing::SearchProbe> start_probe(const settings::Settings& values,
                                                   document_index::Searcher& searcher,
                                                   telemetry::Metrics& metrics,
                                                   const Clock& clock) {
    indexing::SearchProbeSettings settings;
    settings.interval = values.duration("SEARCH_PROBE_INTERVAL");
    if (settings.interval == std::chrono::milliseconds(0)) return nullptr;
    return std::make_unique<indexing::SearchProbe>(settings, searcher, metrics, clock);
}

/// Measures, reports and trims until a signal says that it is time to end.
void keep_house(apps::LogBackend& event_log, indexing::Lag& lag, telemetry::PipelineStats& stats,
                telemetry::Log& log, const Clock& clock, const apps::TerminationSignals& signals) {
    SteadyTime trim_at = clock.steady_now() + kTrimInterval;
    while (signals.wait(stats.until_due()) == 0) {
        lag.update();
        stats.write_if_due();
        if (clock.steady_now() < trim_at) continue;
        event_log.trim(log);
        trim_at = clock.steady_now() + kTrimInterval;
    }
}

Result<void> run(const settings::Settings& values, const apps::TerminationSignals& signals) {
    const SystemClock clock;
    telemetry::Log log = apps::make_log("tributary-consumer", values, clock);
    telemetry::Metrics metrics;
    telemetry::set_build_info(metrics, kVersion);
    const auto catalog = apps::load_catalog(values);
    if (!catalog) return std::unexpected(catalog.error());
    const auto event_log = apps::open_event_log(values, *catalog, clock, log);
    if (!event_log) return std::unexpected(event_log.error());
    const auto index = apps::open_document_index(values, *catalog);
    if (!index) return std::unexpected(index.error());

    const auto dead_letters = (*event_log)->make_writer();
    const auto documents = (*index)->make_writer();
    const auto traces =
        apps::Traces::open(values, "tributary-consumer", apps::span_counts(metrics), clock, log);
    if (!traces) return std::unexpected(traces.error());
    (*traces)->send_meanwhile();
    indexing::Consumer consumer(indexing_settings(values), *catalog, *dead_letters, *documents,
                                metrics, log, (*traces)->tracer(), clock);
    const auto searcher = (*index)->make_searcher();
    const auto probe = start_probe(values, *searcher, metrics, clock);
    if (probe) consumer.on_created([&](const auto& item) { probe->offer(item); });
    const auto reader = (*event_log)
                            ->make_reader(values.text("KAFKA_GROUP_ID"), apps::topics_of(*catalog),
                                          consumer.listener());
    indexing::StatusHandler status(consumer, metrics);
    http::EventLoop loop;
    loop.start(1);
    const auto server = http::Server::listen(loop, server_settings(values), status);
    if (!server) return std::unexpected(server.error());
    log.info("Consuming.", {{"server.address", values.text("LISTEN_ADDRESS")},
                            {"server.port", (*server)->port()}});

    (*event_log)->report_missing_topics(log);

    const auto inspector = (*event_log)->make_inspector();
    indexing::Lag lag(consumer, *inspector, metrics);
    telemetry::PipelineStats stats(indexing::stats_fields(), metrics, log, clock);
    std::jthread worker([&](const std::stop_token& stop) { consumer.run(*reader, stop); });
    const apps::IdleMemory idle_memory;
    keep_house(**event_log, lag, stats, log, clock, signals);
    log.info("Draining.");
    worker.request_stop();
    worker.join();
    (*server)->drain(std::chrono::seconds(1));
    stats.write();
    log.info("Stopped.");
    return {};
}

}  // namespace

int main(int argc, char** argv, char** variables) {
    constexpr std::string_view kDescription =
        "turns the records of the log into searchable documents.";
    if (const auto code = apps::answer_arguments(argc, argv, kDescription)) return *code;
    const apps::TerminationSignals signals;
    const auto values = settings::Settings::load(settings::environment_of(variables));
    if (!values) return apps::report_start_error(values.error());
    const auto done = run(*values, signals);
    return done ? apps::kExitSuccess : apps::report_start_error(done.error());
}
