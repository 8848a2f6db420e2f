#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <thread>

#include "apps/idle_memory.h"
#include "apps/index_backend.h"
#include "apps/log_backend.h"
#include "apps/program.h"
#include "apps/tributary/addresses.h"
#include "apps/tributary/commands.h"
#include "apps/tributary/console_stack.h"
#include "apps/tributary/services.h"
#include "base/version.h"
#include "gateway/bucket_route.h"
#include "gateway/bucket_trigger.h"
#include "gateway/events_route.h"
#include "gateway/gateway.h"
#include "http/server.h"
#include "lambda_runtime/host.h"
#include "object_store/directory/directory_store.h"

namespace tributary::apps {
namespace {

constexpr std::chrono::milliseconds kTendInterval{200};
constexpr std::chrono::seconds kPortPatience{2};
constexpr const char* kBucket = "bucket";

/// The gateway looks for reports where the uploads are: what it may not trigger again depends on
/// it.
Result<void> refuse_results_bucket(const settings::Settings& values) {
    if (values.text("RESULTS_BUCKET").empty()) return {};
    return fail(ErrorCode::invalid_input,
                "RESULTS_BUCKET: on one machine the results lie beside the uploads, in "
                "DATA_DIR/bucket/reports/ and its neighbours; remove the variable.");
}

/// For a port that is only tried out.
class Unused final : public http::Handler {
    void handle(http::Request, http::Responder) override {}
};

console::PartStatus function_status(const std::string& name,
                                    const lambda_runtime::FunctionHost::Counts& counts,
                                    const std::string& more) {
    console::PartStatus part;
    part.name = name;
    part.is_ready = counts.ready > 0;
    part.detail = fmt::format("{} instance{}, {} ready, {} running{}", counts.instances,
                              counts.instances == 1 ? "" : "s", counts.ready, counts.running, more);
    part.version = kVersion;
    return part;
}

/// Everything of `tributary up` that lives in this process. Members are made in this order, and
/// end in the reverse one.
class System {
public:
    System(const settings::Settings& values, settings::Environment environment,
           std::string programs, const Clock& clock, telemetry::Log& log)
        : values_(values),
          environment_(std::move(environment)),
          programs_(std::move(programs)),
          clock_(clock),
          log_(log),
          addresses_(values.text("LISTEN_ADDRESS"), values.integer("PORT")),
          data_folder_(std::filesystem::absolute(values.text("DATA_DIR")).string()) {}

    Result<void> start();
    /// Until a signal comes, or a service has ended for a reason that no restart mends.
    Result<void> run(const TerminationSignals& signals);
    void stop();

private:
    Result<void> find_ports_free();
    Result<void> open_stores();
    Result<void> start_services();
    Result<void> start_functions();
    Result<void> listen();
    [[nodiscard]] process::Environment function_environment() const;
    [[nodiscard]] lambda_runtime::FunctionSettings function(const std::string& name,
                                                            std::string_view timeout) const;
    [[nodiscard]] std::vector<console::PartStatus> status() const;

    const settings::Settings& values_;
    const settings::Environment environment_;
    const std::string programs_;
    const Clock& clock_;
    telemetry::Log& log_;
    const Addresses addresses_;
    const std::string data_folder_;

    std::unique_ptr<event::Catalog> catalog_;
    std::unique_ptr<LogBackend> event_log_;
    std::unique_ptr<IndexBackend> index_;
    std::unique_ptr<object_store::DirectoryStore> store_;
    std::unique_ptr<Services> services_;

    http::EventLoop loop_;
    std::unique_ptr<lambda_runtime::FunctionHost> api_function_;
    std::unique_ptr<gateway::BucketTrigger> bucket_trigger_;
    std::unique_ptr<gateway::EventsRoute> events_route_;
    std::unique_ptr<gateway::BucketRoute> bucket_route_;
    std::unique_ptr<ConsoleStack> console_;
    std::unique_ptr<gateway::Gateway> gateway_;
    std::unique_ptr<console::Guard> guard_;
    std::unique_ptr<http::Server> server_;
};

Result<void> System::start() {
    if (auto fine = refuse_results_bucket(values_); !fine) return fine;
    if (auto fine = addresses_.check(); !fine) return fine;
    loop_.start(1);
    if (auto done = find_ports_free(); !done) return done;
    if (auto done = open_stores(); !done) return done;
    if (auto done = start_services(); !done) return done;
    if (auto done = start_functions(); !done) return done;
    return listen();
}

/// Asked before anything is started: a stranger behind one of the ports would look like our own
/// service. The processes of a system that was killed a moment ago may still be going.
Result<void> System::find_ports_free() {
    const SteadyTime until = clock_.steady_now() + kPortPatience;
    Unused handler;
    for (const std::uint16_t port :
         {addresses_.gateway(), addresses_.producer(), addresses_.consumer()}) {
        http::ServerSettings settings;
        settings.address = addresses_.listen();
        settings.port = port;
        auto server = http::Server::listen(loop_, settings, handler);
        while (!server && clock_.steady_now() < until) {
            std::this_thread::sleep_for(kTendInterval);
            server = http::Server::listen(loop_, settings, handler);
        }
        if (!server) return std::unexpected(server.error());
    }
    return {};
}

Result<void> System::open_stores() {
    auto catalog = load_catalog(values_);
    if (!catalog) return std::unexpected(catalog.error());
    catalog_ = std::make_unique<event::Catalog>(std::move(*catalog));
    auto event_log = open_event_log(values_, *catalog_, clock_, log_);
    if (!event_log) return std::unexpected(event_log.error());
    event_log_ = std::move(*event_log);
    auto index = open_document_index(values_, *catalog_);
    if (!index) return std::unexpected(index.error());
    index_ = std::move(*index);
    auto store = object_store::DirectoryStore::open(data_folder_);
    if (!store) return std::unexpected(store.error());
    store_ = std::move(*store);
    return {};
}

Result<void> System::start_services() {
    process::Environment shared = environment_;
    shared["DATA_DIR"] = data_folder_;
    const auto service = [&](const std::string& name, std::uint16_t port) {
        ServiceSettings settings;
        settings.name = name;
        settings.program = programs_ + "/tributary-" + name;
        settings.url = addresses_.url_of(port);
        settings.environment = shared;
        settings.environment["PORT"] = std::to_string(port);
        return settings;
    };
    // In the order in which they are to stop: first no new events, then the rest is indexed.
    services_ = std::make_unique<Services>(std::vector{service("producer", addresses_.producer()),
                                                       service("consumer", addresses_.consumer())},
                                           clock_, log_);
    return services_->start();
}

process::Environment System::function_environment() const {
    process::Environment environment = environment_;
    environment["PRODUCER_URL"] = addresses_.url_of(addresses_.producer());
    environment["OBJECT_STORE_DIR"] = data_folder_;
    return environment;
}

lambda_runtime::FunctionSettings System::function(const std::string& name,
                                                  std::string_view timeout) const {
    lambda_runtime::FunctionSettings settings;
    settings.name = name;
    settings.bootstrap = programs_ + "/" + name + "/bootstrap";
    settings.environment = function_environment();
    settings.timeout = values_.duration(timeout);
    settings.max_instances = static_cast<std::size_t>(values_.integer("LAMBDA_MAX_INSTANCES"));
    return settings;
}

Result<void> System::start_functions() {
    auto api = lambda_runtime::FunctionHost::start(function("lambda_api", "LAMBDA_API_TIMEOUT"),
                                                   loop_, clock_, log_);
    if (!api) return std::unexpected(api.error());
    api_function_ = std::move(*api);

    gateway::TriggerSettings trigger;
    trigger.watch.folder = data_folder_ + "/" + kBucket;
    trigger.async.bucket = kBucket;
    trigger.function = function("lambda_s3", "LAMBDA_S3_TIMEOUT");
    auto bucket = gateway::BucketTrigger::start(std::move(trigger), loop_, *store_, clock_, log_);
    if (!bucket) return std::unexpected(bucket.error());
    bucket_trigger_ = std::move(*bucket);
    return {};
}

Result<void> System::listen() {
    gateway::EventsSettings events;
    events.payload_version = values_.text("GATEWAY_PAYLOAD") == "1.0"
                                 ? gateway::PayloadVersion::rest
                                 : gateway::PayloadVersion::http;
    gateway::BucketSettings bucket;
    bucket.name = kBucket;
    bucket.folder = data_folder_ + "/" + kBucket;
    bucket.unfinished_folder = data_folder_ + "/" + kBucket + "/" + object_store::kTemporaryFolder;
    console::ConsoleSettings console = console_settings(values_);
    console.takes_events = true;
    console.takes_files = true;
    console.needs_every_part = true;

    events_route_ = std::make_unique<gateway::EventsRoute>(events, *api_function_, clock_);
    bucket_route_ = std::make_unique<gateway::BucketRoute>(bucket, *store_, clock_);
    console_ = std::make_unique<ConsoleStack>(
        console, *catalog_, *event_log_, *index_, [this] { return status(); }, clock_);
    gateway_ =
        std::make_unique<gateway::Gateway>(*events_route_, *bucket_route_, console_->handler());
    guard_ = std::make_unique<console::Guard>(guard_settings(values_), *gateway_, clock_);

    http::ServerSettings settings;
    settings.address = addresses_.listen();
    settings.port = addresses_.gateway();
    auto server = http::Server::listen(loop_, settings, *guard_);
    if (!server) return std::unexpected(server.error());
    server_ = std::move(*server);
    return {};
}

std::vector<console::PartStatus> System::status() const {
    std::vector<console::PartStatus> parts = services_->status();
    parts.push_back(function_status("lambda_api", api_function_->counts(), ""));
    const auto imports = bucket_trigger_->counts();
    parts.push_back(function_status(
        "lambda_s3", bucket_trigger_->function_counts(),
        fmt::format("; objects: {} waiting, {} running, {} succeeded, {} failed", imports.waiting,
                    imports.running, imports.succeeded, imports.failed)));
    return parts;
}

Result<void> System::run(const TerminationSignals& signals) {
    bool is_announced = false;
    const IdleMemory idle_memory;
    while (signals.wait(kTendInterval) == 0) {
        if (auto tended = services_->tend(); !tended) return tended;
        if (is_announced || !std::ranges::all_of(status(), &console::PartStatus::is_ready))
            continue;
        is_announced = true;
        const std::string gateway = addresses_.url_of(addresses_.gateway());
        log_.info("The whole system runs on this machine.",
                  {{"tributary.addresses.gateway", gateway},
                   {"tributary.addresses.console", gateway + "/"},
                   {"tributary.addresses.producer", addresses_.url_of(addresses_.producer())},
                   {"tributary.addresses.consumer", addresses_.url_of(addresses_.consumer())},
                   {"tributary.addresses.bucket", data_folder_ + "/" + kBucket}});
    }
    return {};
}

void System::stop() {
    const auto limit = values_.duration("DRAIN_TIMEOUT");
    if (server_) server_->drain(limit);
    if (bucket_trigger_) bucket_trigger_->shutdown(std::chrono::seconds(2));
    if (api_function_) api_function_->shutdown(limit);
    if (services_) services_->stop(limit);
    if (console_) console_->drain(limit);
    loop_.stop();
}

}  // namespace

int up(const settings::Environment& environment, const std::string& program_folder) {
    const TerminationSignals signals;
    const SystemClock clock;
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    telemetry::Log log = make_log("tributary", *values, clock);
    System system(*values, environment, program_folder, clock, log);
    if (auto started = system.start(); !started) {
        system.stop();
        return report_start_error(started.error());
    }
    const auto ended = system.run(signals);
    log.info("Stopping.");
    system.stop();
    log.info("Stopped; what was not finished goes on at the next start.");
    return ended ? kExitSuccess : report_start_error(ended.error());
}

}  // namespace tributary::apps
