#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "event/decoder.h"

/// What a client is told about its events: receipts and problems, written and read back.
/// Shared by the Producer, which writes them, and by everything that calls it.
namespace tributary::receipt {

/// The broker's delivery report for this event has arrived.
struct Receipt {
    std::string id;
    std::string type;
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
};

/// RFC 9457 problem details, and what a client needs to decide about a retry.
struct Problem {
    int status = 500;
    std::string type;           ///< URI reference: `/problems/invalid-event`; stable.
    std::string title;          ///< Short, the same for every occurrence.
    std::string detail;         ///< What was received and what was expected.
    std::string id;             ///< The event's id, ours or the client's, where it is known.
    bool retry_safe = false;    ///< Sending the same again (same id) is right.
    bool fate_unknown = false;  ///< `"fate":"unknown"`: it may have been persisted.
    std::vector<event::Violation> violations;
};

using ItemOutcome = std::expected<Receipt, Problem>;

/// An HTTP answer without HTTP's types.
struct Answer {
    int status = 200;
    std::string content_type;  ///< application/json or application/problem+json
    std::string body;
    /// What the caller gave, where the answer or one of its items is a 429 or 503; else empty.
    std::optional<std::chrono::milliseconds> retry_after;
};

/// Which problem a rejected input is (400, 415 or 422). Never worth a retry.
Problem problem_of(const event::Rejection& rejection);
/// Which problem a record is that the log did not take: 503 when it was certainly not persisted,
/// 413 when it is too large, 504 with an unknown fate, 500 (fate unknown too) for what a log should
/// never say. All but 413 are safe to send again with the same id.
Problem problem_of(const Error& error, const std::string& id);

/// Contract §3. One event: its receipt, or its problem. A batch: 200 with `receipts` when every
/// event was accepted; when none was, and all for the same status, a problem of that status with
/// one problem per item in `results`; else 207 with `results`, a receipt or problem per item.
/// `results` and `receipts` are in the order sent.
Answer compose(const std::vector<ItemOutcome>& outcomes, bool is_batch,
               std::chrono::milliseconds retry_after);
/// The answer that consists of one problem for the whole request.
Answer compose(const Problem& problem, std::optional<std::chrono::milliseconds> retry_after);

/// The `Retry-After` value: whole seconds, rounded up, at least 1.
std::string retry_after_header(std::chrono::milliseconds wait);

/// Whether an answer is one problem for the whole request, and says nothing of its single events.
bool is_about_request(std::string_view body);

/// Reads an answer back into one outcome per event sent (`expected` of them). A whole-request
/// problem becomes every item's. `corrupt_data` where it is no answer of a Producer.
Result<std::vector<ItemOutcome>> parse(int status, std::string_view body, std::size_t expected);

}  // namespace tributary::receipt
