#include <algorithm>
#include <set>
#include <utility>

#include "indexing/consumer.h"

/// The Consumer's dealings with its group: what it owns, hands over, and commits.
namespace tributary::indexing {

using event_log::TopicPartition;

void Consumer::on_assigned(const std::vector<event_log::Assignment>& partitions) {
    for (const event_log::Assignment& assignment : partitions) {
        forget(assignment.partition);
        const OwnedPartition& owned = partitions_.assign(assignment);
        log_.info("A partition is ours.", {{"kafka.topic", assignment.partition.topic},
                                           {"kafka.partition", assignment.partition.partition},
                                           {"kafka.offset", assignment.committed.offset}});
        if (!owned.refusal.empty()) {
            log_.error("A partition is left alone.",
                       Error(ErrorCode::invalid_input, owned.refusal));
        } else if (!assignment.committed.metadata.empty() &&
                   owned.progress.counts().base == assignment.committed.offset &&
                   assignment.committed.offset > 0) {
            log_.warn("The committed offset has no counts of ours; counting begins anew there.",
                      {{"kafka.topic", assignment.partition.topic},
                       {"kafka.partition", assignment.partition.partition}});
        }
    }
}

void Consumer::on_revoked(const std::vector<TopicPartition>& partitions) {
    std::set<std::uint64_t> leaving;
    for (const TopicPartition& partition : partitions) {
        if (OwnedPartition* owned = partitions_.find(partition)) {
            owned->is_draining = true;
            leaving.insert(owned->assignment);
        }
    }
    const auto is_leaving = [&](const Item& item) { return leaving.contains(item.assignment); };
    bulk_.drop_waiting([&](const Item& item) { return is_leaving(item) && !item.letter; });
    const SteadyTime deadline = clock_.steady_now() + settings_.revoke_wait;
    constexpr std::chrono::milliseconds kSlice{5};
    while ((bulk_.holds(is_leaving) || letters_.holds(is_leaving)) &&
           clock_.steady_now() < deadline) {
        beat();
        mailbox_->wait(kSlice);
        work();
    }
    std::vector<event_log::OffsetCommit> offsets;
    for (const TopicPartition& partition : partitions) {
        if (auto due = partitions_.due_commit(partition)) offsets.push_back(std::move(*due));
    }
    commit(offsets);
    for (const TopicPartition& partition : partitions) forget(partition);
}

void Consumer::on_lost(const std::vector<TopicPartition>& partitions) {
    for (const TopicPartition& partition : partitions) {
        log_.warn("A partition was taken away before its offset could be committed.",
                  {{"kafka.topic", partition.topic}, {"kafka.partition", partition.partition}});
        forget(partition);
    }
}

void Consumer::forget(const TopicPartition& partition) {
    const OwnedPartition* owned = partitions_.find(partition);
    if (!owned) return;
    const auto is_of_it = [assignment = owned->assignment](const Item& item) {
        return item.assignment == assignment;
    };
    bulk_.drop_waiting(is_of_it);
    letters_.drop_waiting(is_of_it);
    partitions_.forget(partition);
}

void Consumer::commit_if_due() {
    const SteadyTime now = clock_.steady_now();
    if (now < next_commit_) return;
    next_commit_ = now + settings_.commit_interval;
    commit(partitions_.due_commits());
}

void Consumer::commit(const std::vector<event_log::OffsetCommit>& offsets) {
    if (offsets.empty() || !reader_) return;
    const auto stored = reader_->commit(offsets);
    if (stored) {
        commit_trouble_.reset();
        for (const auto& offset : offsets) {
            if (auto* owned = partitions_.find(offset.partition)) owned->committed = offset.offset;
        }
        return;
    }
    if (stored.error().code != ErrorCode::conflict) {
        if (!commit_trouble_) log_.warn("Offsets cannot be committed.", stored.error());
        commit_trouble_ = stored.error();
        return;
    }
    if (offsets.size() > 1) {
        // One of them is no longer ours; the others are.
        for (const auto& offset : offsets) commit({offset});
        return;
    }
    log_.warn("A partition is no longer ours.", stored.error());
    forget(offsets.front().partition);
}

}  // namespace tributary::indexing
