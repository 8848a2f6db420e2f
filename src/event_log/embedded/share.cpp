#include "event_log/embedded/share.h"

#include <algorithm>

namespace tributary::event_log {
namespace {

/// Subscribers of equal topics -> the partitions of those topics.
using Pools = std::map<std::vector<std::int64_t>, std::vector<const GroupPartition*>>;

Pools pools_of(const GroupView& view) {
    Pools pools;
    for (const auto& partition : view.partitions) {
        const auto subscribers = view.subscribers.find(partition.name.topic);
        if (subscribers != view.subscribers.end()) {
            pools[subscribers->second].push_back(&partition);
        }
    }
    return pools;
}

}  // namespace

Share fair_share(const GroupView& view, std::int64_t member) {
    Share share;
    for (const auto& [subscribers, partitions] : pools_of(view)) {
        const auto me = std::ranges::find(subscribers, member);
        if (me == subscribers.end()) continue;
        const auto rank = static_cast<std::size_t>(me - subscribers.begin());
        const auto remainder = partitions.size() % subscribers.size();
        auto room = partitions.size() / subscribers.size() + (rank < remainder ? 1 : 0);
        for (const auto* partition : partitions) {
            if (partition->owner != member) continue;
            (room > 0 ? share.keep : share.release).push_back(*partition);
            if (room > 0) --room;
        }
        for (const auto* partition : partitions) {
            if (partition->owner || room == 0) continue;
            share.claim.push_back(*partition);
            --room;
        }
    }
    return share;
}

}  // namespace tributary::event_log
