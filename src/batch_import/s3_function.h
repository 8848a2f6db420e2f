#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "batch_import/importer.h"
#include "batch_import/s3_event.h"
#include "lambda_runtime/client.h"
#include "telemetry/log.h"
#include "tracing/tracer.h"

namespace tributary::batch_import {

/// When a run stops, so that its checkpoint is stored before the environment is killed.
SteadyTime stop_time(const lambda_runtime::Invocation& invocation, const Clock& clock);

/// The S3 Lambda: S3 notifications, directly or through SQS, become imports. What is not finished
/// in time goes on from its checkpoint: from SQS as a failed item of the batch, which the queue
/// gets back at once where the run got on (else only after its visibility timeout, so that tries
/// without progress are few), directly invoked by invoking itself. What fails by the environment's
/// fault is an error of the invocation (or of the message), so that Lambda tries it again and keeps
/// it at last.
class S3Function final : public lambda_runtime::Function {
public:
    /// Invokes this function asynchronously with that event.
    using InvokeSelf = std::function<Result<void>(const std::string& event)>;
    /// Makes a message of SQS visible again at once.
    using GiveBack = std::function<Result<void>(const SqsMessage& message)>;

    /// All references must outlive the function.
    S3Function(Importer& importer, InvokeSelf invoke_self, GiveBack give_back,
               std::int64_t max_continuations, const Clock& clock, telemetry::Log& log,
               tracing::Tracer& tracer);

    lambda_runtime::Outcome invoke(const lambda_runtime::Invocation& invocation) override;

private:
    /// What all imports of one invocation share.
    struct Run {
        SteadyTime stop_at;
        tracing::TraceContext trace;
    };
    lambda_runtime::Outcome run_direct(const S3Event& event, const Run& run);
    lambda_runtime::Outcome run_messages(const S3Event& event, const Run& run);
    bool is_message_done(const SqsMessage& message, const Run& run);
    void go_on_soon(const SqsMessage& message);
    Result<ImportOutcome> run_object(const CreatedObject& object, const Run& run);
    Result<void> go_on_later(const CreatedObject& object, const ImportOutcome& outcome,
                             std::int64_t continuation);

    Importer& importer_;
    const InvokeSelf invoke_self_;
    const GiveBack give_back_;
    const std::int64_t max_continuations_;
    const Clock& clock_;
    telemetry::Log& log_;
    tracing::Tracer& tracer_;
};

}  // namespace tributary::batch_import
