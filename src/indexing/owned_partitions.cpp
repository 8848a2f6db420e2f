#include "indexing/owned_partitions.h"

#include <utility>

#include "ledger/counts.h"

namespace tributary::indexing {
namespace {

std::optional<event_log::OffsetCommit> commit_of(const OwnedPartition& owned) {
    const PartitionProgress& progress = owned.progress;
    if (!owned.refusal.empty() || progress.offset() == owned.committed) return std::nullopt;
    return event_log::OffsetCommit(owned.partition, progress.offset(),
                                   ledger::encode(progress.counts()));
}

}  // namespace

OwnedPartition& OwnedPartitions::own(const event_log::TopicPartition& partition,
                                     const ledger::Counts& counts) {
    partitions_.erase(partition);
    return partitions_.emplace(partition, OwnedPartition(next_assignment_++, partition, counts))
        .first->second;
}

OwnedPartition& OwnedPartitions::assign(const event_log::Assignment& assignment) {
    const event_log::CommittedOffset& committed = assignment.committed;
    const auto counts = ledger::decode_counts(committed.metadata);
    if (counts && counts->end() == committed.offset) return own(assignment.partition, *counts);
    // Nothing was committed, or an operator moved the offset: what lies before is not ours to say.
    OwnedPartition& owned = own(assignment.partition, {.base = committed.offset});
    if (!counts && counts.error().code == ErrorCode::invalid_input) {
        owned.refusal = counts.error().message;
    }
    return owned;
}

OwnedPartition& OwnedPartitions::restart(const event_log::TopicPartition& partition,
                                         std::int64_t offset) {
    return own(partition, {.base = offset});
}

OwnedPartition* OwnedPartitions::find(const event_log::TopicPartition& partition) {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? nullptr : &found->second;
}

OwnedPartition* OwnedPartitions::find(const event_log::TopicPartition& partition,
                                      std::uint64_t assignment) {
    OwnedPartition* owned = find(partition);
    return owned && owned->assignment == assignment ? owned : nullptr;
}

std::vector<event_log::OffsetCommit> OwnedPartitions::due_commits() const {
    std::vector<event_log::OffsetCommit> commits;
    for (const auto& [partition, owned] : partitions_) {
        if (auto commit = commit_of(owned)) commits.push_back(std::move(*commit));
    }
    return commits;
}

std::optional<event_log::OffsetCommit> OwnedPartitions::due_commit(
    const event_log::TopicPartition& partition) const {
    const auto found = partitions_.find(partition);
    return found == partitions_.end() ? std::nullopt : commit_of(found->second);
}

}  // namespace tributary::indexing
