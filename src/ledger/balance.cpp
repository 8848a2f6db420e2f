#include <algorithm>
#include <map>
#include <utility>

#include "ledger/dead_letter_headers.h"
#include "ledger/ledger.h"

namespace tributary::ledger {
namespace {

using event_log::Inspector;
using event_log::TopicPartition;

std::string text_of(std::int64_t number) {
    return std::to_string(number);
}
std::string text_of(std::uint64_t number) {
    return std::to_string(number);
}

/// A topic that nobody has created is a topic without partitions.
Result<std::vector<TopicPartition>> partitions_of(Inspector& log, const std::string& topic) {
    auto partitions = log.partitions(topic);
    if (!partitions && partitions.error().code == ErrorCode::not_found) {
        return std::vector<TopicPartition>();
    }
    return partitions;
}

/// The log's side: which offsets exist, and what the group says it did with them.
Result<PartitionBalance> read_partition(Inspector& log, const std::string& group,
                                        const TopicPartition& partition) {
    PartitionBalance account;
    account.partition = partition;
    // Committed before end: a consumer that goes on meanwhile can then never be ahead of the end.
    const auto committed = log.committed(group, partition);
    if (!committed && committed.error().code != ErrorCode::not_found) {
        return std::unexpected(committed.error());
    }
    const auto range = log.range(partition);
    if (!range) return std::unexpected(range.error());
    account.first = range->first;
    account.end = range->end;
    account.counts.base = range->first;
    if (!committed) {
        if (account.end > account.first) {
            account.notes.push_back("Group '" + group + "' has committed nothing here yet.");
        }
        return account;
    }
    account.committed = committed->offset;
    const auto counts = decode_counts(committed->metadata);
    if (!counts) {
        account.counts.base = committed->offset;
        account.differences.push_back("The counts below offset " + text_of(committed->offset) +
                                      " cannot be read. " + counts.error().message);
        return account;
    }
    account.counts = *counts;
    return account;
}

/// Offsets of dead-lettered records, with repetitions, by partition of one topic.
using LetterOffsets = std::map<std::int32_t, std::vector<std::int64_t>>;

Result<LetterOffsets> read_letters(Inspector& log, const std::string& topic) {
    LetterOffsets offsets;
    const auto read = event_log::for_each_record(
        log, event_log::dead_letter_topic(topic), [&](const event_log::Record& letter) {
            const auto origin = letter_origin(letter);
            if (origin && origin->partition.topic == topic) {
                offsets[origin->partition.partition].push_back(origin->offset);
            }
            return Result<void>();
        });
    if (!read) return std::unexpected(read.error());
    return offsets;
}

std::uint64_t distinct_within(std::vector<std::int64_t> offsets, std::int64_t first,
                              std::int64_t end) {
    std::erase_if(offsets, [&](std::int64_t offset) { return offset < first || offset >= end; });
    std::ranges::sort(offsets);
    const auto repeated = std::ranges::unique(offsets);
    return offsets.size() - repeated.size();
}

/// How many documents of each partition come from [base, committed).
Result<std::map<std::int32_t, std::uint64_t>> count_documents(
    document_index::Searcher& index, const event::EntityType& type,
    const std::vector<PartitionBalance>& accounts) {
    std::map<std::int32_t, std::int64_t> below_base;
    std::map<std::int32_t, std::int64_t> below_committed;
    for (const PartitionBalance& account : accounts) {
        if (!account.committed) continue;
        below_base[account.partition.partition] = account.counts.base;
        below_committed[account.partition.partition] = *account.committed;
    }
    auto counted = index.count_by_partition(type.index, type.topic, below_committed);
    if (!counted) return counted;
    const auto earlier = index.count_by_partition(type.index, type.topic, below_base);
    if (!earlier) return std::unexpected(earlier.error());
    for (const auto& [partition, documents] : *earlier) {
        auto& all = (*counted)[partition];
        all -= std::min(all, documents);
    }
    return counted;
}

/// Names everything that does not add up in an account whose numbers are complete.
void compare(PartitionBalance& account, const event::EntityType& type) {
    if (!account.committed || !account.differences.empty()) return;
    const Counts& counts = account.counts;
    auto& differences = account.differences;
    if (counts.end() != *account.committed) {
        differences.push_back("The counts end at offset " + text_of(counts.end()) +
                              ", but offset " + text_of(*account.committed) + " is committed.");
    }
    if (*account.committed > account.end) {
        differences.push_back("Offset " + text_of(*account.committed) +
                              " is committed, but the log ends at " + text_of(account.end) +
                              "; records were lost, or the topic was made anew.");
    }
    if (counts.missing > 0) {
        differences.push_back(text_of(counts.missing) +
                              " records were gone from the log before they were read.");
    }
    if (account.documents != static_cast<std::uint64_t>(counts.indexed)) {
        differences.push_back(text_of(counts.indexed) + " records count as indexed, but '" +
                              type.index + "' has " + text_of(account.documents) +
                              " documents of them.");
    }
    if (account.dead_letters != static_cast<std::uint64_t>(counts.dead_lettered)) {
        differences.push_back(text_of(counts.dead_lettered) +
                              " records count as dead letters, but '" +
                              event_log::dead_letter_topic(type.topic) + "' names " +
                              text_of(account.dead_letters) + " of them.");
    }
}

Result<std::vector<PartitionBalance>> balance_topic(Inspector& log, document_index::Searcher& index,
                                                    const event::EntityType& type,
                                                    const std::string& group) {
    std::vector<PartitionBalance> accounts;
    const auto partitions = partitions_of(log, type.topic);
    if (!partitions) return std::unexpected(partitions.error());
    for (const TopicPartition& partition : *partitions) {
        auto account = read_partition(log, group, partition);
        if (!account) return std::unexpected(account.error());
        accounts.push_back(std::move(*account));
    }
    // Letters and documents are written before the offset is committed, so those read now are
    // complete for the offsets read above.
    auto letters = read_letters(log, type.topic);
    if (!letters) return std::unexpected(letters.error());
    auto documents = count_documents(index, type, accounts);
    if (!documents) return std::unexpected(documents.error());
    for (PartitionBalance& account : accounts) {
        const std::int32_t number = account.partition.partition;
        account.documents = (*documents)[number];
        account.dead_letters = distinct_within(std::move((*letters)[number]), account.counts.base,
                                               account.committed.value_or(account.counts.base));
        compare(account, type);
    }
    return accounts;
}

}  // namespace

bool Ledger::is_balanced() const {
    return std::ranges::all_of(partitions,
                               [](const auto& account) { return account.differences.empty(); });
}

Result<Ledger> balance(Inspector& log, document_index::Searcher& index,
                       const event::Catalog& catalog, const std::string& group) {
    Ledger ledger;
    ledger.group = group;
    for (const event::EntityType& type : catalog.types()) {
        auto accounts = balance_topic(log, index, type, group);
        if (!accounts) return std::unexpected(accounts.error());
        std::ranges::move(*accounts, std::back_inserter(ledger.partitions));
    }
    return ledger;
}

}  // namespace tributary::ledger
