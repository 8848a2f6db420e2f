// tributary-producer: takes events over HTTP, answers when the log has confirmed them.
#include <algorithm>
#include <thread>

#include "apps/idle_memory.h"
#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/span_counts.h"
#include "apps/traces.h"
#include "base/version.h"
#include "http/server.h"
#include "ingest/producer_service.h"
#include "ingest/stats_fields.h"
#include "telemetry/metrics.h"
#include "telemetry/pipeline_stats.h"

using namespace tributary;

namespace {

ingest::IngestSettings ingest_settings(const settings::Settings& values,
                                       std::vector<ingest::Caller> callers) {
    ingest::IngestSettings settings;
    settings.max_body_bytes = static_cast<std::size_t>(values.integer("MAX_BODY_BYTES"));
    settings.max_batch_items = static_cast<std::size_t>(values.integer("MAX_BATCH_ITEMS"));
    settings.answer_deadline = values.duration("PRODUCER_ANSWER_TIMEOUT");
    settings.callers = std::move(callers);
    settings.quota.events_per_second =
        static_cast<double>(values.integer("PRODUCER_QUOTA_EVENTS_PER_SECOND"));
    settings.quota.bytes_per_second =
        static_cast<double>(values.integer("PRODUCER_QUOTA_BYTES_PER_SECOND"));
    settings.version = kVersion;
    // With a log on this machine nothing stands before this port that knows its names.
    if (values.text("KAFKA_BOOTSTRAP_SERVERS").empty()) {
        settings.page_hosts = values.list("CONSOLE_ALLOWED_HOSTS");
    }
    return settings;
}

http::ServerSettings server_settings(const settings::Settings& values) {
    http::ServerSettings settings;
    settings.address = values.text("LISTEN_ADDRESS");
    const std::int64_t port = values.integer("PORT");
    settings.port = static_cast<std::uint16_t>(port == 0 ? 8081 : port);
    settings.max_body_bytes = static_cast<std::size_t>(values.integer("MAX_BODY_BYTES"));
    return settings;
}

/// Kafka's client and the reports have threads of their own: on two cores a second one for HTTP
/// costs a quarter of the rate, in changes from one to the other.
int threads(const settings::Settings& values) {
    const auto wanted = static_cast<int>(values.integer("HTTP_THREADS"));
    const auto cores = static_cast<int>(std::thread::hardware_concurrency());
    return wanted > 0 ? wanted : std::max(1, cores / 2);
}

Result<void> run(const settings::Settings& values, const apps::TerminationSignals& signals) {
    if (auto fine = apps::check_deadlines(values); !fine) return fine;
    const SystemClock clock;
    telemetry::Log log = apps::make_log("tributary-producer", values, clock);
    telemetry::Metrics metrics;
    const auto catalog = apps::load_catalog(values);
    if (!catalog) return std::unexpected(catalog.error());
    auto callers = ingest::parse_callers(values.text("PRODUCER_TOKEN"), *catalog);
    if (!callers) return std::unexpected(callers.error());
    const auto event_log = apps::open_event_log(values, *catalog, clock, log,
                                                values.duration("PRODUCER_ANSWER_TIMEOUT"));
    if (!event_log) return std::unexpected(event_log.error());

    const auto traces =
        apps::Traces::open(values, "tributary-producer", apps::span_counts(metrics), clock, log);
    if (!traces) return std::unexpected(traces.error());
    (*traces)->send_meanwhile();
    const auto writer = (*event_log)->make_writer();
    http::EventLoop loop;
    ingest::ProducerService service(ingest_settings(values, std::move(*callers)), *catalog, *writer,
                                    loop, metrics, log, (*traces)->tracer(), clock);
    loop.start(threads(values));
    const auto server = http::Server::listen(loop, server_settings(values), service);
    if (!server) return std::unexpected(server.error());
    log.info("Listening.", {{"server.address", values.text("LISTEN_ADDRESS")},
                            {"server.port", (*server)->port()}});
    (*event_log)->report_missing_topics(log);

    telemetry::PipelineStats stats(ingest::stats_fields(), metrics, log, clock);
    const apps::IdleMemory idle_memory;
    while (signals.wait(stats.until_due()) == 0) {
        service.update_load();
        stats.write_if_due();
    }
    const auto limit = values.duration("DRAIN_TIMEOUT");
    log.info("Draining.", {{"tributary.limit_ms", limit.count()}});
    service.begin_drain();
    (*server)->drain(limit);
    writer->drain(limit);
    service.update_load();
    stats.write();
    log.info("Stopped.");
    return {};
}

}  // namespace

int main(int argc, char** argv, char** variables) {
    constexpr std::string_view kDescription =
        "takes events over HTTP and answers once the log has confirmed them.";
    if (const auto code = apps::answer_arguments(argc, argv, kDescription)) return *code;
    apps::keep_heap_small();
    const apps::TerminationSignals signals;
    const auto values = settings::Settings::load(settings::environment_of(variables));
    if (!values) return apps::report_start_error(values.error());
    const auto done = run(*values, signals);
    return done ? apps::kExitSuccess : apps::report_start_error(done.error());
}
