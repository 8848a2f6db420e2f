#include "batch_import/import_run.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>
#include <vector>

#include "batch_import/file_type.h"
#include "receipt/outcome_log.h"

namespace tributary::batch_import {
namespace {

using State = ImportOutcome::State;

constexpr std::string_view kAction = "forward";

Error error_of(const receipt::Problem& problem) {
    if (problem.type == "/problems/producer-unavailable") {
        return Error(ErrorCode::retry_later,
                     fmt::format("The Producer cannot be reached ({}). See that it runs at "
                                 "PRODUCER_URL.",
                                 problem.detail));
    }
    if (problem.retry_safe) {
        return Error(ErrorCode::retry_later, fmt::format("The Producer took no more ({}: {}).",
                                                         problem.status, problem.detail));
    }
    return Error(ErrorCode::unavailable,
                 fmt::format("The Producer refuses every event, whatever it holds ({} {}: {}). "
                             "Correct PRODUCER_URL or PRODUCER_TOKEN.",
                             problem.status, problem.title, problem.detail));
}

bool is_replaced(const Error& error) {
    return error.code == ErrorCode::conflict || error.code == ErrorCode::not_found;
}

bool is_named_gzip(const std::string& key) {
    return key.ends_with(".gz") || key.ends_with(".GZ");
}

Result<void> skip(DecompressedStream& stream, std::uint64_t bytes) {
    std::vector<char> unused(256 * 1024);
    while (bytes > 0) {
        const auto size = stream.read(unused.data(), std::min<std::uint64_t>(unused.size(), bytes));
        if (!size) return std::unexpected(size.error());
        if (*size == 0) {
            return fail(ErrorCode::corrupt_data,
                        "The checkpoint lies behind the end of the file; delete the checkpoint.");
        }
        bytes -= *size;
    }
    return {};
}

}  // namespace

ImportRun::ImportRun(const ImportTools& tools, FileSource source, SteadyTime stop_at)
    : tools_(tools),
      source_(std::move(source)),
      stop_at_(stop_at),
      results_(tools.store,
               tools.settings.results_bucket.empty() ? source_.object.bucket
                                                     : tools.settings.results_bucket,
               source_.object.key, source_.version),
      rejects_(tools.store, results_.bucket(), results_.rejected_prefix(),
               tools.settings.max_part_bytes, progress_) {
}

Result<ImportOutcome> ImportRun::import(std::unique_ptr<object_store::ObjectStream> stream) {
    const auto is_done = results_.has_final_report();
    if (!is_done) return std::unexpected(is_done.error());
    if (*is_done) {
        forget_checkpoint();
        return outcome(State::done_before,
                       "This version was imported before; delete its report to import it again.");
    }
    if (auto loaded = load_progress(); !loaded) return std::unexpected(loaded.error());
    auto positioned = position(std::move(stream));
    if (!positioned) return end_with(positioned.error());
    return import_from_here(std::move(*positioned));
}

Result<ImportOutcome> ImportRun::end_replaced(const std::string& detail) {
    if (auto loaded = load_progress(); !loaded) return std::unexpected(loaded.error());
    return finish(State::replaced, Ending::replaced, detail);
}

Result<ImportOutcome> ImportRun::end_refused(const std::string& rule) {
    return finish(State::refused, Ending::refused, rule);
}

Result<void> ImportRun::load_progress() {
    auto checkpoint = results_.load_checkpoint();
    if (checkpoint) {
        std::optional<Progress>& stored = *checkpoint;
        if (stored) progress_ = std::move(*stored);
        read_before_ = progress_.read();
        return {};
    }
    if (checkpoint.error().code != ErrorCode::corrupt_data) {
        return std::unexpected(checkpoint.error());
    }
    tools_.log.warn("A checkpoint cannot be read; the file is read from its beginning.",
                    checkpoint.error());
    return {};
}

/// The stream at the byte where the progress ends.
Result<std::unique_ptr<DecompressedStream>> ImportRun::position(
    std::unique_ptr<object_store::ObjectStream> stream) {
    const std::uint64_t byte = progress_.position.byte;
    if (byte > 0 && progress_.compression == DecompressedStream::Compression::none) {
        auto later = tools_.store.open(source_.object, source_.version, byte);
        if (!later) return std::unexpected(later.error());
        return DecompressedStream::plain(std::move(*later));
    }
    auto opened = DecompressedStream::open(std::move(stream), is_named_gzip(source_.object.key));
    if (!opened) return opened;
    progress_.compression = (*opened)->compression();
    if (auto skipped = skip(**opened, byte); !skipped) return std::unexpected(skipped.error());
    return opened;
}

Result<ImportOutcome> ImportRun::import_from_here(std::unique_ptr<DecompressedStream> stream) {
    if (progress_.position.byte == 0 && is_named_ndjson(source_.object.key)) {
        progress_.position.format = FileFormat::lines;
    }
    BatchReader reader(source_, std::move(stream), progress_.position, tools_.decoder,
                       tools_.clock.now(), tools_.settings.batches);
    saved_at_ = tools_.clock.steady_now();
    save_after_ = tools_.settings.first_checkpoint;
    if (auto sent = send_all(reader); !sent) return end_with(sent.error());
    if (!reader.is_at_end()) return pause("The time is up.");
    damage_ = reader.damage();
    return finish(State::finished, damage_ ? Ending::broken : Ending::complete, summary());
}

/// Until the file's end, the deadline, or an error. What came back is counted in every case.
Result<void> ImportRun::send_all(BatchReader& reader) {
    const SteadyTime now = tools_.clock.steady_now();
    // What is under way at the end is given time to come back: cut off, it would be sent twice.
    const SteadyTime last_read = stop_at_ - (stop_at_ - now) / 10;
    BatchSender sender(tools_.send, tools_.clock, stop_at_);
    Result<void> status;
    while (status && !reader.is_at_end() && tools_.clock.steady_now() < last_read) {
        auto span =
            tools_.tracer.begin("import batch", tracing::Span::Kind::internal, tools_.trace);
        auto batch = reader.read(
            (span ? span->context : tools_.tracer.child_of(tools_.trace)).traceparent());
        if (!batch) {
            status = std::unexpected(batch.error());
            break;
        }
        batch->span = std::move(span);
        sender.submit(std::move(*batch));
        while (auto done = sender.is_full() ? sender.take() : sender.try_take()) {
            if (auto settled = settle(std::move(*done)); !settled) return settled;
        }
    }
    while (!sender.is_empty()) {
        if (auto settled = settle(sender.take()); !settled) return settled;
    }
    return status;
}

/// Counts a batch that came back, in the order of the file.
Result<void> ImportRun::settle(Batch batch) {
    const receipt::Problem* const obstacle = obstacle_of(batch);
    if (batch.span) end_span(std::move(*batch.span), batch, obstacle ? obstacle->type : "");
    if (obstacle) return std::unexpected(error_of(*obstacle));
    log_events(batch);
    is_between_batches_ = false;
    auto outcome = batch.sent.outcomes.begin();
    for (const Batch::Item& item : batch.items) {
        const receipt::Problem* problem = item.problem ? &*item.problem : nullptr;
        if (problem == nullptr) {
            if (!*outcome) problem = &outcome->error();
            ++outcome;
        }
        if (problem == nullptr) {
            ++progress_.accepted;
        } else if (auto added = reject(batch, item, *problem); !added) {
            return added;
        }
    }
    progress_.position = batch.behind;
    is_between_batches_ = true;
    return save_sometimes();
}

void ImportRun::end_span(tracing::Span span, const Batch& batch, std::string failure) const {
    span.set("tributary.items", static_cast<std::int64_t>(batch.items.size()));
    span.set("tributary.events", static_cast<std::int64_t>(batch.events.size()));
    if (!batch.items.empty()) {
        span.set("tributary.first_item", static_cast<std::int64_t>(batch.items.front().index));
    }
    span.failure = std::move(failure);
    tools_.tracer.end(std::move(span));
}

void ImportRun::log_events(const Batch& batch) const {
    for (std::size_t next = 0; const Batch::Item& item : batch.items) {
        if (item.problem) {
            receipt::log_outcome(tools_.log, kAction, batch.traceparent,
                                 std::unexpected(*item.problem));
        } else {
            receipt::log_outcome(tools_.log, kAction, batch.events[next].traceparent,
                                 batch.sent.outcomes[next]);
            ++next;
        }
    }
}

Result<void> ImportRun::reject(const Batch& batch, const Batch::Item& item,
                               const receipt::Problem& problem) {
    Reject reject;
    reject.index = item.index;
    reject.byte = item.byte;
    reject.size = item.size;
    reject.text = batch.text_of(item);
    reject.problem = problem;
    return rejects_.add(reject);
}

Result<void> ImportRun::save_sometimes() {
    const SteadyTime now = tools_.clock.steady_now();
    if (now - saved_at_ < std::min(save_after_, tools_.settings.checkpoint_interval)) return {};
    saved_at_ = now;
    save_after_ *= 2;
    return results_.store_checkpoint(progress_);
}

Result<ImportOutcome> ImportRun::end_with(const Error& error) {
    if (!is_between_batches_) return std::unexpected(error);
    if (is_replaced(error)) return finish(State::replaced, Ending::replaced, error.message);
    if (error.code == ErrorCode::retry_later) return pause(error.message);
    if (auto saved = results_.store_checkpoint(progress_); !saved) {
        tools_.log.warn("A checkpoint could not be stored.", saved.error());
    }
    return std::unexpected(error);
}

Result<ImportOutcome> ImportRun::pause(const std::string& reason) {
    if (auto saved = results_.store_checkpoint(progress_); !saved) {
        return std::unexpected(saved.error());
    }
    return outcome(State::paused, fmt::format("{} The file goes on at byte {}, item {}.", reason,
                                              progress_.position.byte, progress_.position.item));
}

Result<ImportOutcome> ImportRun::finish(State state, Ending ending, std::string detail) {
    if (auto stored = rejects_.finish(); !stored) return std::unexpected(stored.error());
    Report report;
    report.bucket = source_.object.bucket;
    report.key = source_.object.key;
    report.version = source_.version;
    if (source_.type != nullptr) report.type = source_.type->name;
    report.ending = ending;
    report.detail = detail;
    report.damage = damage_;
    if (auto stored = results_.store_report(report, progress_); !stored) {
        return std::unexpected(stored.error());
    }
    forget_checkpoint();
    return outcome(state, std::move(detail));
}

/// One that stays does no harm: the report says that all is done.
void ImportRun::forget_checkpoint() {
    if (auto removed = results_.remove_checkpoint(); !removed) {
        tools_.log.warn("A checkpoint could not be removed.", removed.error());
    }
}

std::string ImportRun::summary() const {
    if (damage_) {
        return fmt::format("The file is broken at byte {}: {}", damage_->byte, damage_->detail);
    }
    return progress_.read() == 0 ? "The file holds no items." : "";
}

ImportOutcome ImportRun::outcome(State state, std::string detail) const {
    ImportOutcome outcome;
    outcome.state = state;
    outcome.accepted = progress_.accepted;
    outcome.rejected = progress_.rejected;
    outcome.version = source_.version;
    outcome.got_on = progress_.read() > read_before_;
    outcome.detail = std::move(detail);
    return outcome;
}

}  // namespace tributary::batch_import
