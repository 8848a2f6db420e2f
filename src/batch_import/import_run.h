#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "batch_import/batch_sender.h"
#include "batch_import/import_results.h"
#include "batch_import/importer.h"
#include "batch_import/rejects.h"

namespace tributary::batch_import {

/// What a run is given; all of it outlives the run.
struct ImportTools {
    object_store::ObjectStore& store;
    const Send& send;
    const Clock& clock;
    telemetry::Log& log;
    tracing::Tracer& tracer;
    const ImportSettings& settings;
    event::Decoder& decoder;
    const tracing::TraceContext& trace;
};

/// One run over one version of an object: exactly one of the public functions is called, once. Its
/// results and errors are those of `Importer::run`.
class ImportRun {
public:
    ImportRun(const ImportTools& tools, FileSource source, SteadyTime stop_at);

    /// `stream` is the object from its first byte.
    Result<ImportOutcome> import(std::unique_ptr<object_store::ObjectStream> stream);
    /// The version that was asked for is no longer there.
    Result<ImportOutcome> end_replaced(const std::string& detail);
    /// The object's name does not tell one type; `rule` says why.
    Result<ImportOutcome> end_refused(const std::string& rule);

private:
    Result<void> load_progress();
    Result<std::unique_ptr<DecompressedStream>> position(
        std::unique_ptr<object_store::ObjectStream> stream);
    Result<ImportOutcome> import_from_here(std::unique_ptr<DecompressedStream> stream);
    Result<void> send_all(BatchReader& reader);
    Result<void> settle(Batch batch);
    void end_span(tracing::Span span, const Batch& batch, std::string failure) const;
    void log_events(const Batch& batch) const;
    Result<void> reject(const Batch& batch, const Batch::Item& item,
                        const receipt::Problem& problem);
    Result<void> save_sometimes();
    Result<ImportOutcome> end_with(const Error& error);
    Result<ImportOutcome> pause(const std::string& reason);
    Result<ImportOutcome> finish(ImportOutcome::State state, Ending ending, std::string detail);
    void forget_checkpoint();
    [[nodiscard]] std::string summary() const;
    [[nodiscard]] ImportOutcome outcome(ImportOutcome::State state, std::string detail) const;

    const ImportTools tools_;
    const FileSource source_;
    const SteadyTime stop_at_;
    Progress progress_;
    std::uint64_t read_before_ = 0;  ///< Items that earlier runs have read.
    ImportResults results_;
    RejectedParts rejects_;
    std::optional<Damage> damage_;
    SteadyTime saved_at_;
    std::chrono::milliseconds save_after_{0};
    /// False once a batch was counted in part: such a progress must not become a checkpoint.
    bool is_between_batches_ = true;
};

}  // namespace tributary::batch_import
