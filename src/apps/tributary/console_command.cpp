#include <fmt/format.h>

#include "apps/idle_memory.h"
#include "apps/index_backend.h"
#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/tributary/commands.h"
#include "apps/tributary/console_stack.h"
#include "console/producer_route.h"
#include "http/server.h"

namespace tributary::apps {
namespace {

constexpr std::uint16_t kDefaultPort = 8080;

std::vector<console::PartStatus> status_of(const settings::Settings& values) {
    std::vector<console::PartStatus> parts{probe("producer", values.text("PRODUCER_URL"))};
    const std::string& consumer = values.text("CONSUMER_URL");
    if (!consumer.empty()) parts.push_back(probe("consumer", consumer));
    return parts;
}

Result<void> run(const settings::Settings& values, const TerminationSignals& signals) {
    const SystemClock clock;
    telemetry::Log log = make_log("tributary-console", values, clock);
    const auto catalog = load_catalog(values);
    if (!catalog) return std::unexpected(catalog.error());
    const auto producer = http::Url::parse(values.text("PRODUCER_URL"));
    if (!producer) return std::unexpected(producer.error());
    const auto event_log = open_event_log(values, *catalog, clock, log);
    if (!event_log) return std::unexpected(event_log.error());
    const auto index = open_document_index(values, *catalog);
    if (!index) return std::unexpected(index.error());

    console::ConsoleSettings settings = console_settings(values);
    settings.takes_events = true;
    ConsoleStack stack(
        settings, *catalog, **event_log, **index, [&values] { return status_of(values); }, clock);
    console::ProducerRoute events(*producer, values.text("PRODUCER_TOKEN"), stack.handler(), clock);
    console::Guard guard(guard_settings(values), events, clock);

    http::EventLoop loop;
    loop.start(1);
    http::ServerSettings listen;
    listen.address = values.text("LISTEN_ADDRESS");
    const std::int64_t port = values.integer("PORT");
    listen.port = port == 0 ? kDefaultPort : static_cast<std::uint16_t>(port);
    const auto server = http::Server::listen(loop, listen, guard);
    if (!server) return std::unexpected(server.error());
    log.info("Listening.",
             {{"server.address", listen.address}, {"server.port", (*server)->port()}});
    (*event_log)->report_missing_topics(log);
    const IdleMemory idle_memory;
    while (signals.wait(std::chrono::hours(1)) == 0) {
    }
    const auto limit = values.duration("DRAIN_TIMEOUT");
    (*server)->drain(limit);
    stack.drain(limit);
    log.info("Stopped.");
    return {};
}

}  // namespace

int console(const settings::Environment& environment) {
    const TerminationSignals signals;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto done = run(*values, signals);
    return done ? kExitSuccess : report_start_error(done.error());
}

}  // namespace tributary::apps
