#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "ledger/counts.h"

namespace tributary::ledger {

/// The account of one partition at a fixed end: records = counted + in flight.
struct PartitionBalance {
    event_log::TopicPartition partition;
    std::int64_t first = 0;                 ///< The first record that the log still has.
    std::int64_t end = 0;                   ///< One past the last record; read once.
    std::optional<std::int64_t> committed;  ///< Nothing where the group never committed.
    Counts counts;                          ///< As they travelled with the committed offset.
    std::uint64_t documents = 0;            ///< In the index, from [base, committed).
    std::uint64_t dead_letters = 0;         ///< Distinct origins in `T.dlq` from there.
    std::vector<std::string> differences;   ///< Sentences; what does not add up.
    std::vector<std::string> notes;         ///< Sentences; worth knowing, nothing wrong.

    [[nodiscard]] std::int64_t records() const { return end - counts.base; }
    [[nodiscard]] std::int64_t in_flight() const { return end - committed.value_or(counts.base); }
};

/// The account of a consumer group over every topic of the catalog.
struct Ledger {
    std::string group;
    std::vector<PartitionBalance> partitions;  ///< By topic in the catalog's order, partition.

    [[nodiscard]] bool is_balanced() const;
};

/// Computes the ledger from log coordinates: the ends are read first and stay fixed; records that
/// arrive meanwhile do not count. A topic that does not exist yet has no partitions. Fails only
/// where log or index cannot be asked; what does not add up is a difference, not an error.
/// Blocks; reads the dead-letter topics page by page.
Result<Ledger> balance(event_log::Inspector& log, document_index::Searcher& index,
                       const event::Catalog& catalog, const std::string& group);

/// `{"group":…,"balanced":…,"totals":{…},"partitions":[{…,"differences":[…]}]}` on one line.
std::string to_json(const Ledger& ledger);
/// A table for people, a line of totals, the differences, and `balanced: yes` or `no`.
std::string render_text(const Ledger& ledger);

}  // namespace tributary::ledger
