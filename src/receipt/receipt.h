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
    std::string type;           ///< URI reference: `/problems/schema-violation`, stable.
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
    /// Set for 429 and 503: what the caller gave.
    std::optional<std::chrono::milliseconds> retry_after;
};

/// Which problem a rejected input is (400, 415 or 422).
Problem problem_of(const event::Rejection& rejection);
/// Which problem a record is that the log did not take (503, 504, 413, 500).
Problem problem_of(const Error& error, const std::string& id);

/// Contract §3: 200 with a receipt, or with `receipts`, when all were accepted; the items' common
/// status when none was; else 207 with `results`. A single problem is the body itself.
Answer compose(const std::vector<ItemOutcome>& outcomes, bool is_batch,
               std::chrono::milliseconds retry_after);
/// The answer that consists of one problem for the whole request.
Answer compose(const Problem& problem, std::optional<std::chrono::milliseconds> retry_after);

/// The `Retry-After` value: whole seconds, rounded up, at least 1.
std::string retry_after_header(std::chrono::milliseconds wait);

/// Reads an answer back into one outcome per event sent (`expected` of them). A whole-request
/// problem becomes every item's. `corrupt_data` where it is no answer of a Producer.
Result<std::vector<ItemOutcome>> parse(int status, std::string_view body, std::size_t expected);

}  // namespace tributary::receipt
