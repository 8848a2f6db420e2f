#include "batch_import/importer.h"

#include <memory>
#include <utility>
#include <vector>

#include "batch_import/file_type.h"
#include "batch_import/import_run.h"
#include "receipt/json_text.h"

namespace tributary::batch_import {
namespace {

using State = ImportOutcome::State;

ImportOutcome untouched(State state, std::string detail) {
    ImportOutcome outcome;
    outcome.state = state;
    outcome.detail = std::move(detail);
    return outcome;
}

ImportOutcome gone() {
    return untouched(State::gone, "The object was deleted before it was read.");
}

Result<const event::EntityType*> type_of(const event::Catalog& catalog, const std::string& key) {
    if (receipt::utf8_only(key) != key) {
        return fail(ErrorCode::invalid_input,
                    "The object's name is not UTF-8; rename it and upload it again.");
    }
    return type_of_file(catalog, key);
}

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::finished: return "finished";
        case State::refused: return "refused";
        case State::ignored: return "ignored";
        case State::done_before: return "done_before";
        case State::replaced: return "replaced";
        case State::gone: return "gone";
        case State::paused: return "paused";
    }
    return "";
}

bool is_done(State state) {
    return state == State::finished || state == State::done_before || state == State::ignored;
}

namespace {

/// ECS knows no more; `event.reason` tells the state.
std::string_view outcome_of(State state) {
    if (state == State::paused) return "unknown";
    return is_done(state) ? "success" : "failure";
}

void log_end(telemetry::Log& log, const object_store::ObjectId& object,
             const tracing::TraceContext& trace, const Result<ImportOutcome>& outcome,
             std::chrono::nanoseconds took) {
    const std::string name = "s3://" + object.bucket + "/" + object.key;
    if (!outcome) {
        return log.error("An import failed; what it reached is kept for the next try.",
                         {{"event.action", "import"},
                          {"event.outcome", "failure"},
                          {"event.duration", took.count()},
                          {"trace.id", trace.trace_id},
                          {"file.path", name},
                          {"error.code", to_string(outcome.error().code)},
                          {"error.message", outcome.error().message}});
    }
    std::vector<telemetry::LogField> fields{{"event.action", "import"},
                                            {"event.outcome", outcome_of(outcome->state)},
                                            {"event.reason", to_string(outcome->state)},
                                            {"event.duration", took.count()},
                                            {"trace.id", trace.trace_id},
                                            {"file.path", name},
                                            {"tributary.import.accepted", outcome->accepted},
                                            {"tributary.import.rejected", outcome->rejected}};
    if (!outcome->detail.empty()) fields.emplace_back("tributary.import.detail", outcome->detail);
    if (is_done(outcome->state) || outcome->state == State::paused) {
        log.info("An import ended.", fields);
    } else {
        log.warn("An import ended.", fields);
    }
}

}  // namespace

Importer::Importer(object_store::ObjectStore& store, const event::Catalog& catalog, Send send,
                   const Clock& clock, telemetry::Log& log, tracing::Tracer& tracer,
                   ImportSettings settings)
    : store_(store),
      catalog_(catalog),
      send_(std::move(send)),
      clock_(clock),
      log_(log),
      tracer_(tracer),
      settings_(std::move(settings)),
      ids_(clock),
      decoder_(catalog, ids_) {
}

Result<ImportOutcome> Importer::run(const object_store::ObjectId& object,
                                    const std::string& version, const tracing::TraceContext& trace,
                                    SteadyTime stop_at) {
    const SteadyTime begin = clock_.steady_now();
    auto outcome = import(object, version, trace, stop_at);
    log_end(log_, object, trace, outcome, clock_.steady_now() - begin);
    return outcome;
}

Result<ImportOutcome> Importer::import(const object_store::ObjectId& object,
                                       const std::string& version,
                                       const tracing::TraceContext& trace, SteadyTime stop_at) {
    if (is_ignored(object)) {
        return untouched(State::ignored, "A folder's marker, or a result of an import.");
    }
    const ImportTools tools{store_, send_, clock_, log_, tracer_, settings_, decoder_, trace};
    const auto type = type_of(catalog_, object.key);
    if (!type) {
        const auto info = store_.head(object);
        if (!info && info.error().code == ErrorCode::not_found) return gone();
        if (!info) return std::unexpected(info.error());
        return ImportRun(tools, FileSource{object, info->version, nullptr}, stop_at)
            .end_refused(type.error().message);
    }
    auto stream = store_.open(object, version, 0);
    if (!stream && stream.error().code == ErrorCode::not_found) return gone();
    if (!stream && stream.error().code == ErrorCode::conflict) {
        return ImportRun(tools, FileSource{object, version, *type}, stop_at)
            .end_replaced(stream.error().message);
    }
    if (!stream) return std::unexpected(stream.error());
    const std::string pinned = (*stream)->info().version;
    return ImportRun(tools, FileSource{object, pinned, *type}, stop_at).import(std::move(*stream));
}

/// In the bucket of the results their three folders never trigger; elsewhere every key may.
bool Importer::is_ignored(const object_store::ObjectId& object) const {
    const bool holds_results =
        settings_.results_bucket.empty() || settings_.results_bucket == object.bucket;
    return object.key.ends_with('/') || (holds_results && is_result_key(object.key));
}

}  // namespace tributary::batch_import
