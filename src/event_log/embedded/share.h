#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "event_log/event_log.h"

namespace tributary::event_log {

/// A partition that a group reads.
struct GroupPartition {
    std::int64_t id = 0;
    TopicPartition name;
    std::optional<std::int64_t> owner;  ///< A member.

    auto operator<=>(const GroupPartition&) const = default;
};

/// A group as one snapshot of the log shows it.
struct GroupView {
    std::int64_t generation = 0;
    /// Who reads a topic, in the order of joining.
    std::map<std::string, std::vector<std::int64_t>> subscribers;
    std::vector<GroupPartition> partitions;
};

/// What one member should do to have its fair share.
struct Share {
    std::vector<GroupPartition> keep;     ///< Owned already.
    std::vector<GroupPartition> release;  ///< Owned, but more than the share.
    std::vector<GroupPartition> claim;    ///< Free, and missing in the share.
};

/// All members compute their shares from equal views; the shares add up to all partitions, so
/// nobody has to lead. Partitions move only when the numbers ask for it. Topics with the same
/// subscribers are shared as one: with three topics of one partition, nobody gets all three.
Share fair_share(const GroupView& view, std::int64_t member);

}  // namespace tributary::event_log
