#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event/catalog.h"
#include "event/decoder.h"
#include "event_log/event_log.h"
#include "http/event_loop.h"
#include "ingest/callers.h"
#include "ingest/decoder_pool.h"
#include "ingest/event_metrics.h"
#include "ingest/open_answers.h"
#include "ingest/quota.h"
#include "receipt/receipt.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "tracing/tracer.h"

namespace tributary::ingest {

/// The use case: what was sent -> valid events -> the log -> receipts and problems. Knows no HTTP.
/// Thread-safe.
class Intake {
public:
    struct Limits {
        std::size_t max_body_bytes = std::size_t{10} << 20;
        std::size_t max_batch_items = 10'000;
        std::chrono::milliseconds answer_deadline{20'000};
    };
    /// What the log is told about, and who may not be told everything.
    struct Submission {
        std::string_view body;
        event::Envelope envelope;
        const Caller* caller = nullptr;  ///< Null: everybody may send.
        Quota* quota = nullptr;          ///< Null: no limit.
        /// The `traceparent` of the request's own span; empty where it has none.
        std::string_view span;
    };
    /// Called exactly once, on any thread; must not block.
    using Done = std::move_only_function<void(receipt::Answer)>;

    /// All references must outlive the log's last report.
    Intake(Limits limits, const event::Catalog& catalog, event_log::Writer& writer,
           http::EventLoop& loop, telemetry::Metrics& metrics, telemetry::Log& log,
           tracing::Tracer& tracer, const Clock& clock);

    /// Never blocks. `submission` is not needed any more when it returns.
    void submit(const Submission& submission, Done done);

    /// From now on every event is refused with `shutting-down`; those handed to the log before get
    /// their answers.
    void begin_drain() { is_draining_ = true; }
    [[nodiscard]] bool is_draining() const { return is_draining_; }
    /// Answers that wait for the log.
    [[nodiscard]] std::size_t open_answers() const { return answers_->size(); }

private:
    struct Sorted;
    Sorted sort(event::Decoded decoded, const Submission& submission,
                std::optional<std::chrono::milliseconds> over_quota) const;
    std::optional<receipt::Problem> refusal_of(
        const event::Event& event, const Submission& submission,
        std::optional<std::chrono::milliseconds> over_quota) const;

    const Clock& clock_;
    event_log::Writer& writer_;
    telemetry::Log& log_;
    tracing::Tracer& tracer_;
    DecoderPool decoders_;
    std::shared_ptr<EventMetrics> metrics_;
    std::shared_ptr<OpenAnswers> answers_;
    std::atomic<bool> is_draining_ = false;
};

}  // namespace tributary::ingest
