#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/uuid.h"
#include "batch_import/batch.h"
#include "batch_import/batch_reader.h"
#include "batch_import/progress.h"
#include "event/catalog.h"
#include "event/decoder.h"
#include "object_store/object_store.h"
#include "telemetry/log.h"
#include "tracing/tracer.h"

namespace tributary::batch_import {

struct ImportSettings {
    BatchLimits batches;
    std::size_t max_part_bytes = 8'000'000;
    /// What a killed run repeats at most, in time. A run's first checkpoint comes sooner, and each
    /// later one after twice the time: a run that is killed early has got on as well.
    std::chrono::milliseconds checkpoint_interval{10'000};
    std::chrono::milliseconds first_checkpoint{1'000};
    /// Where rejects, reports and checkpoints go; empty: beside the object.
    std::string results_bucket;
};

/// How one run ended; failures that another try may not meet are errors instead.
struct ImportOutcome {
    enum class State {
        finished,     ///< Read to its end; the report tells the rest.
        refused,      ///< Its name does not tell one type; the report says the rule.
        ignored,      ///< A folder's marker, or one of our own results.
        done_before,  ///< This version has its report already.
        replaced,     ///< Another version lies there by now, which has its own notification.
        gone,         ///< Deleted before it was read.
        paused,       ///< The time is up; a checkpoint is stored, call again.
    };
    State state = State::finished;
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::string version;  ///< That was read; empty where none was.
    bool got_on = false;  ///< Whether this run read any items.
    std::string detail;   ///< A sentence.
};

std::string_view to_string(ImportOutcome::State state);
/// Whether the object's items are where they belong, or its report says why not of single ones.
bool is_done(ImportOutcome::State state);

/// Brings one object's items to the Producer, in constant memory whatever its size. One thread, and
/// one more of its own while it runs.
class Importer {
public:
    /// All references must outlive the importer.
    Importer(object_store::ObjectStore& store, const event::Catalog& catalog, Send send,
             const Clock& clock, telemetry::Log& log, tracing::Tracer& tracer,
             ImportSettings settings);

    /// Each batch is a child of `trace`. Goes on from the object's checkpoint, if there is one.
    /// `version` may be empty: the newest. Returns soon after `stop_at`. An error is the
    /// environment's fault (the store, the Producer, its token): nothing is lost, what was reached
    /// is in the checkpoint, try the same later. Runs at once over the same object do no harm: ids
    /// and results are the same. How it ended is logged, as a warning where it was neither done nor
    /// paused.
    Result<ImportOutcome> run(const object_store::ObjectId& object, const std::string& version,
                              const tracing::TraceContext& trace, SteadyTime stop_at);

private:
    Result<ImportOutcome> import(const object_store::ObjectId& object, const std::string& version,
                                 const tracing::TraceContext& trace, SteadyTime stop_at);
    [[nodiscard]] bool is_ignored(const object_store::ObjectId& object) const;

    object_store::ObjectStore& store_;
    const event::Catalog& catalog_;
    const Send send_;
    const Clock& clock_;
    telemetry::Log& log_;
    tracing::Tracer& tracer_;
    const ImportSettings settings_;
    UuidV7 ids_;
    event::Decoder decoder_;
};

}  // namespace tributary::batch_import
