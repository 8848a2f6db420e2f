#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/embedded/share.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

/// What the tables know of one group. Runs within the caller's transaction.
namespace tributary::event_log {

class GroupTable {
public:
    GroupTable(sqlite::Database& database, std::string group)
        : database_(database), group_(std::move(group)) {}

    /// Adds a member; makes the group where there is none.
    Result<std::int64_t> join(const std::vector<std::string>& topics, Timestamp now,
                              std::chrono::milliseconds lease);
    /// Grants a new lease from `now` on. False: the member is no longer in the group, because
    /// others found its lease expired.
    Result<bool> renew(std::int64_t member, Timestamp now, std::chrono::milliseconds lease);
    /// Takes members whose lease expired, other than `member`, out of the group. Returns how many.
    Result<std::size_t> expel_silent_members(std::int64_t member, Timestamp now);
    /// Takes one member out, with all that it owns.
    Result<void> remove(std::int64_t member, Timestamp now);

    Result<std::int64_t> generation();
    Result<GroupView> view();

    Result<void> release(std::int64_t member, const std::vector<GroupPartition>& partitions);
    Result<void> claim(std::int64_t member, const std::vector<GroupPartition>& partitions);
    Result<bool> owns(std::int64_t member, std::int64_t partition_id);

    /// What was committed; where nothing was, the first record that is left.
    Result<CommittedOffset> start_of(const TopicPartition& partition);
    Result<void> store_offset(std::int64_t partition_id, const CommittedOffset& committed);

private:
    Result<void> bump_generation();
    Result<void> note_sign_of_life(Timestamp at);

    sqlite::Database& database_;
    std::string group_;
};

/// What `group` committed; `not_found` where it never did.
Result<CommittedOffset> find_committed(sqlite::Database& database, const std::string& group,
                                       std::int64_t partition_id);

}  // namespace tributary::event_log
