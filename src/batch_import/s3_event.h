#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "object_store/object_store.h"

namespace tributary::batch_import {

/// An object that was created, as a notification tells it.
struct CreatedObject {
    object_store::ObjectId id;
    std::string version;  ///< The versionId, or the one that a continuation goes on with; or empty.
    std::string record;   ///< The notification's record, JSON.
};

struct SqsMessage {
    std::string id;
    std::string body;
    std::string receipt_handle;  ///< Names this very delivery.
    std::string queue_arn;
};

/// What `lambda_s3` is invoked with.
struct S3Event {
    std::vector<CreatedObject> objects;
    std::int64_t continuation = 0;  ///< How often this file was continued.
    bool is_from_sqs = false;
    std::vector<SqsMessage> messages;  ///< From SQS: their bodies are S3 events in turn.
};

/// Reads S3 notifications however they come: by themselves, inside SNS messages, as events of
/// EventBridge (which alone has its keys literally; in all others they are encoded as in forms),
/// and SQS batches of any of these. Whatever does not create an object (removals, tests) is left
/// out. `invalid_input` with what was found where it is none of them.
Result<S3Event> parse_s3_event(std::string_view json);

/// The event that goes on with one object at exactly this version.
std::string continuation_event(const CreatedObject& object, const std::string& version,
                               std::int64_t continuation);

/// `{"batchItemFailures":[{"itemIdentifier":…}]}`
std::string sqs_response(const std::vector<std::string>& failed_message_ids);

}  // namespace tributary::batch_import
