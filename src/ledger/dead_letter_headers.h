#pragma once

#include <optional>

#include "event_log/event_log.h"

/// The headers that turn a record into a dead letter; `indexing` writes them, and whoever looks at
/// `T.dlq` reads them. Strings that are stored: never change one, add a new one.
namespace tributary::ledger::dead_letter_header {

inline constexpr const char* kPrefix = "dlq-";
inline constexpr const char* kVersion = "dlq-format-version";  ///< `1`
inline constexpr const char* kReason = "dlq-reason";           ///< `rejected`, `id_reused`, ...
inline constexpr const char* kStatus = "dlq-status";           ///< The index's; 0: never asked.
inline constexpr const char* kDetail = "dlq-detail";           ///< A sentence.
inline constexpr const char* kEventId = "dlq-event-id";        ///< Where it could be known.
inline constexpr const char* kOriginTopic = "dlq-origin-topic";
inline constexpr const char* kOriginPartition = "dlq-origin-partition";
inline constexpr const char* kOriginOffset = "dlq-origin-offset";
inline constexpr const char* kOriginTimestamp = "dlq-origin-timestamp";  ///< RFC 3339
inline constexpr const char* kAt = "dlq-at";                             ///< RFC 3339
/// Only where headers of the original had to be left out: how many.
inline constexpr const char* kDroppedHeaders = "dlq-dropped-headers";
/// Only where the value was too large to keep: its length and its SHA-256 (hex).
inline constexpr const char* kValueBytes = "dlq-value-bytes";
inline constexpr const char* kValueSha256 = "dlq-value-sha256";

}  // namespace tributary::ledger::dead_letter_header

namespace tributary::ledger {

/// Where a record lay that became a dead letter.
struct LetterOrigin {
    event_log::TopicPartition partition;
    std::int64_t offset = 0;
};

/// The origin that a dead letter names; nothing where its headers do not say.
std::optional<LetterOrigin> letter_origin(const event_log::Record& letter);

}  // namespace tributary::ledger
