#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/group_table.h"
#include "event_log/embedded/wake_file.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

/// Keeps one reader in its group, and its partitions in step with what the tables say. Members
/// give partitions up by themselves when others have too few; who was silent for longer than its
/// lease is taken out by the others, and every commit is fenced by the table of owners. A member's
/// number is never used again, so that nobody commits in the name of an earlier life.
/// Used by one thread; no transaction is open while the listener is called.
class Membership {
public:
    /// Where the reader is in a partition that is ours.
    struct Cursor {
        std::int64_t partition_id = 0;
        std::int64_t next_offset = 0;
        bool paused = false;
    };
    using Cursors = std::map<TopicPartition, Cursor>;

    Membership(const EmbeddedLogSettings& settings, const Clock& clock, std::string group,
               std::vector<std::string> topics, RebalanceListener& listener);

    /// Whether `keep` has something to do even if nothing in the log changed.
    [[nodiscard]] bool is_due() const;
    /// Joins, renews, rejoins after a loss, takes and gives partitions. On failure the next call
    /// goes on where this one stopped.
    Result<void> keep(sqlite::Database& database);
    /// As `Reader::commit`.
    Result<void> commit(sqlite::Database& database, const std::vector<OffsetCommit>& offsets);
    /// Tells the listener that everything is revoked; still ours meanwhile.
    void revoke_all(sqlite::Database& database);
    /// Takes this member out of the group; the listener is not told. What fails is left to the
    /// lease.
    void leave(sqlite::Database& database);

    Cursors& cursors() { return cursors_; }

private:
    Result<void> renew(sqlite::Database& database);
    Result<void> rebalance(sqlite::Database& database);
    Result<void> revoke(sqlite::Database& database, const std::vector<TopicPartition>& partitions);
    Result<void> release(sqlite::Database& database, const std::vector<GroupPartition>& surplus);
    Result<void> take_missing(sqlite::Database& database);
    [[nodiscard]] std::vector<TopicPartition> owned() const;
    void drop_lost(const GroupView& view);
    void drop_all();

    const std::string group_;
    const std::vector<std::string> topics_;
    const std::chrono::milliseconds lease_;
    const Clock& clock_;
    RebalanceListener& listener_;
    const WakeSignal wake_;

    static constexpr std::int64_t kNoMember = 0;  // Tables count from 1.
    std::int64_t member_ = kNoMember;
    std::optional<std::int64_t> seen_generation_;
    SteadyTime renew_at_;
    Cursors cursors_;
};

}  // namespace tributary::event_log
