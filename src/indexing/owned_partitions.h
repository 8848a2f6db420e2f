#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event_log/event_log.h"
#include "indexing/partition_progress.h"

namespace tributary::indexing {

/// A partition while it is ours. Its `assignment` is never used again, so that answers which come
/// after it was taken away, or given again, find nothing to change.
struct OwnedPartition {
    OwnedPartition(std::uint64_t assignment_in, event_log::TopicPartition partition_in,
                   const ledger::Counts& counts)
        : assignment(assignment_in),
          partition(std::move(partition_in)),
          progress(counts),
          committed(counts.end()) {}
    std::uint64_t assignment;
    event_log::TopicPartition partition;
    PartitionProgress progress;
    std::int64_t committed;
    bool is_paused = false;
    bool is_draining = false;  ///< Being revoked: takes nothing new, tries nothing again.
    std::string refusal;       ///< Why nothing may be read or committed; empty is normal.
};

/// What this process owns now. One thread.
class OwnedPartitions {
public:
    /// Ours from now on, from its committed offset; replaces an older ownership of the same
    /// partition. Counts of a newer version make it refused; unreadable ones are counted anew.
    OwnedPartition& assign(const event_log::Assignment& assignment);
    /// The log begins again at `offset`, before what was read: a new topic of the old name.
    OwnedPartition& restart(const event_log::TopicPartition& partition, std::int64_t offset);
    void forget(const event_log::TopicPartition& partition) { partitions_.erase(partition); }

    /// Null where it is not ours.
    OwnedPartition* find(const event_log::TopicPartition& partition);
    /// Null where that ownership is over.
    OwnedPartition* find(const event_log::TopicPartition& partition, std::uint64_t assignment);

    /// What has been finished since it was committed, of one or of all partitions.
    [[nodiscard]] std::vector<event_log::OffsetCommit> due_commits() const;
    [[nodiscard]] std::optional<event_log::OffsetCommit> due_commit(
        const event_log::TopicPartition& partition) const;

    using Map = std::map<event_log::TopicPartition, OwnedPartition>;
    Map& all() { return partitions_; }
    [[nodiscard]] const Map& all() const { return partitions_; }

private:
    OwnedPartition& own(const event_log::TopicPartition& partition, const ledger::Counts& counts);

    std::uint64_t next_assignment_ = 1;
    Map partitions_;
};

}  // namespace tributary::indexing
