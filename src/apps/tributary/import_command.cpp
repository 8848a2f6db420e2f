#include <fmt/format.h>

#include "apps/program.h"
#include "apps/traces.h"
#include "apps/tributary/commands.h"
#include "batch_import/importer.h"
#include "object_store/directory/directory_store.h"
#include "producer_client/producer_client.h"

namespace tributary::apps {
namespace {

/// A job has no deadline of its own; a checkpoint is stored on the way all the same.
constexpr std::chrono::hours kNoDeadline{24 * 365};

Result<object_store::ObjectId> parse_object(const std::string& name) {
    const std::size_t slash = name.find('/');
    if (slash == 0 || slash == std::string::npos || slash + 1 == name.size()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("\"{}\" is no BUCKET/KEY, as in bucket/orders.json.", name));
    }
    return object_store::ObjectId(name.substr(0, slash), name.substr(slash + 1));
}

Result<bool> import_one(batch_import::Importer& importer, const std::string& name,
                        const tracing::TraceContext& trace, const Clock& clock) {
    const auto object = parse_object(name);
    if (!object) return std::unexpected(object.error());
    const auto outcome = importer.run(*object, "", trace, clock.steady_now() + kNoDeadline);
    if (!outcome) return std::unexpected(outcome.error());
    return batch_import::is_done(outcome->state);
}

Result<bool> import_all(const settings::Settings& values, const ImportOptions& options) {
    const SystemClock clock;
    telemetry::Log log = make_log("tributary-import", values, clock);
    const auto catalog = load_catalog(values);
    if (!catalog) return std::unexpected(catalog.error());
    auto url = http::Url::parse(values.text("PRODUCER_URL"));
    if (!url) return std::unexpected(url.error());
    if (values.text("OBJECT_STORE_DIR").empty()) {
        return fail(ErrorCode::invalid_input,
                    "OBJECT_STORE_DIR is not set; set it to the folder that holds the buckets.");
    }
    using object_store::Versions;
    auto store = object_store::DirectoryStore::open(
        values.text("OBJECT_STORE_DIR"),
        options.is_by_content ? Versions::by_content : Versions::by_file);
    if (!store) return std::unexpected(store.error());

    producer_client::ProducerClient producer(
        std::move(*url), producer_client::fixed_token(values.text("PRODUCER_TOKEN")), {}, clock);
    batch_import::ImportSettings settings;
    settings.batches.max_item_bytes = static_cast<std::size_t>(values.integer("MAX_ITEM_BYTES"));
    settings.results_bucket = values.text("RESULTS_BUCKET");
    const auto traces = Traces::open(values, "tributary-import", {}, clock, log);
    if (!traces) return std::unexpected(traces.error());
    (*traces)->send_meanwhile();
    batch_import::Importer importer(
        **store, *catalog, [&](auto events, auto limit) { return producer.send(events, limit); },
        clock, log, (*traces)->tracer(), settings);
    bool all_done = true;
    for (const std::string& name : options.objects) {
        const auto done = import_one(importer, name, (*traces)->tracer().begin_trace(), clock);
        if (!done) return done;
        all_done = all_done && *done;
    }
    return all_done;
}

}  // namespace

int import_objects(const settings::Environment& environment, const ImportOptions& options) {
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto done = import_all(*values, options);
    if (!done) return report_start_error(done.error());
    return *done ? kExitSuccess : kExitFailure;
}

}  // namespace tributary::apps
