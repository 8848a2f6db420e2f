#include "batch_import/importer.h"

#include <memory>
#include <utility>

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
