#include "event_log/embedded/membership.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace tributary::event_log {
namespace {

/// Renewing at a third of the lease leaves two more tries.
constexpr int kRenewalsPerLease = 3;
/// How long a listener may take to finish what is revoked, and longer than the lease may be.
constexpr auto kTimeToFinish = std::chrono::seconds(5);
constexpr std::size_t kMaxMetadata = 4'096;  // Kafka's limit.

Result<GroupView> read_view(sqlite::Database& database, const std::string& group) {
    auto snapshot = sqlite::Transaction::read(database);
    if (!snapshot) return std::unexpected(snapshot.error());
    return GroupTable(database, group).view();
}

Result<void> check_metadata(const std::vector<OffsetCommit>& offsets) {
    for (const auto& commit : offsets) {
        if (commit.metadata.size() <= kMaxMetadata) continue;
        return fail(ErrorCode::invalid_input,
                    fmt::format("Metadata of {} bytes was to be committed for {}-{}; the limit is "
                                "{} bytes.",
                                commit.metadata.size(), commit.partition.topic,
                                commit.partition.partition, kMaxMetadata));
    }
    return {};
}

Error not_ours(const std::string& group, const std::vector<TopicPartition>& partitions) {
    std::string names;
    for (const auto& [topic, partition] : partitions) {
        names += fmt::format("{}{}-{}", names.empty() ? "" : ", ", topic, partition);
    }
    return {ErrorCode::conflict,
            fmt::format("Nothing was committed for {}: another member of the group '{}' has it "
                        "now, or this reader gave it up.",
                        names, group)};
}

}  // namespace

Membership::Membership(const EmbeddedLogSettings& settings, const Clock& clock, std::string group,
                       std::vector<std::string> topics, RebalanceListener& listener)
    : group_(std::move(group)),
      topics_(std::move(topics)),
      lease_(settings.lease),
      clock_(clock),
      listener_(listener),
      wake_(settings.path) {
}

bool Membership::is_due() const {
    return member_ == kNoMember || !seen_generation_ || clock_.steady_now() >= renew_at_;
}

Result<void> Membership::keep(sqlite::Database& database) {
    if (member_ == kNoMember || clock_.steady_now() >= renew_at_) {
        if (auto renewed = renew(database); !renewed) return renewed;
    }
    const auto generation = GroupTable(database, group_).generation();
    if (!generation) return std::unexpected(generation.error());
    if (seen_generation_ == *generation) return {};
    return rebalance(database);
}

/// Renews the lease, or joins where there is none (any more), and looks after the others' leases.
Result<void> Membership::renew(sqlite::Database& database) {
    auto transaction = sqlite::Transaction::write(database);
    if (!transaction) return std::unexpected(transaction.error());
    GroupTable table(database, group_);
    const auto now = clock_.now();
    const auto expelled = table.expel_silent_members(member_, now);
    if (!expelled) return std::unexpected(expelled.error());
    Result<bool> alive = false;
    if (member_ != kNoMember) alive = table.renew(member_, now, lease_);
    if (!alive) return std::unexpected(alive.error());
    auto joined = kNoMember;
    if (!*alive) {
        const auto member = table.join(topics_, now, lease_);
        if (!member) return std::unexpected(member.error());
        joined = *member;
    }
    if (auto committed = transaction->commit(); !committed) return committed;

    renew_at_ = clock_.steady_now() + lease_ / kRenewalsPerLease;
    if (joined != kNoMember || *expelled > 0) wake_.raise();
    if (joined != kNoMember) {
        member_ = joined;
        seen_generation_.reset();
        drop_all();
    }
    return {};
}

Result<void> Membership::rebalance(sqlite::Database& database) {
    const auto view = read_view(database, group_);
    if (!view) return std::unexpected(view.error());
    drop_lost(*view);
    const auto share = fair_share(*view, member_);
    if (!share.release.empty()) {
        if (auto released = release(database, share.release); !released) return released;
    }
    const auto is_missing = [this](const GroupPartition& partition) {
        return !cursors_.contains(partition.name);
    };
    if (!share.claim.empty() || std::ranges::any_of(share.keep, is_missing)) {
        if (auto taken = take_missing(database); !taken) return taken;
    }
    // What we changed ourselves made a newer generation; looking once more costs little.
    seen_generation_ = view->generation;
    return {};
}

Result<void> Membership::release(sqlite::Database& database,
                                 const std::vector<GroupPartition>& surplus) {
    std::vector<TopicPartition> revoked;
    for (const auto& partition : surplus) {
        if (cursors_.contains(partition.name)) revoked.push_back(partition.name);
    }
    if (auto told = revoke(database, revoked); !told) return told;
    for (const auto& partition : revoked) cursors_.erase(partition);

    auto transaction = sqlite::Transaction::write(database);
    if (!transaction) return std::unexpected(transaction.error());
    GroupTable table(database, group_);
    if (auto done = table.release(member_, surplus); !done) return done;
    if (auto renewed = table.renew(member_, clock_.now(), lease_); !renewed) {
        return std::unexpected(renewed.error());
    }
    if (auto committed = transaction->commit(); !committed) return committed;
    wake_.raise();
    return {};
}

/// Tells the listener, under a lease that lasts until it has finished.
Result<void> Membership::revoke(sqlite::Database& database,
                                const std::vector<TopicPartition>& partitions) {
    if (partitions.empty()) return {};
    auto transaction = sqlite::Transaction::write(database);
    if (!transaction) return std::unexpected(transaction.error());
    auto renewed =
        GroupTable(database, group_).renew(member_, clock_.now(), lease_ + kTimeToFinish);
    if (!renewed) return std::unexpected(renewed.error());
    if (auto committed = transaction->commit(); !committed) return committed;
    listener_.on_revoked(partitions);
    return {};
}

void Membership::revoke_all(sqlite::Database& database) {
    const auto partitions = owned();
    // Without the longer lease there is less time to finish; commits are fenced in any case.
    if (!revoke(database, partitions)) listener_.on_revoked(partitions);
}

/// Claims what is free and makes cursors for all that is ours and has none.
Result<void> Membership::take_missing(sqlite::Database& database) {
    auto transaction = sqlite::Transaction::write(database);
    if (!transaction) return std::unexpected(transaction.error());
    GroupTable table(database, group_);
    // Again under the lock: another member may have been faster.
    const auto view = table.view();
    if (!view) return std::unexpected(view.error());
    auto share = fair_share(*view, member_);
    if (auto claimed = table.claim(member_, share.claim); !claimed) return claimed;
    std::ranges::move(share.keep, std::back_inserter(share.claim));
    Cursors taken;
    std::vector<Assignment> assignments;
    for (const auto& partition : share.claim) {
        if (cursors_.contains(partition.name)) continue;
        auto start = table.start_of(partition.name);
        if (!start) return std::unexpected(start.error());
        taken.emplace(partition.name, Cursor{partition.id, start->offset, false});
        assignments.push_back({partition.name, std::move(*start)});
    }
    if (auto committed = transaction->commit(); !committed) return committed;

    cursors_.merge(taken);
    if (!assignments.empty()) listener_.on_assigned(assignments);
    return {};
}

void Membership::drop_lost(const GroupView& view) {
    std::vector<TopicPartition> lost = owned();
    std::erase_if(lost, [&](const TopicPartition& ours) {
        return std::ranges::any_of(view.partitions, [&](const GroupPartition& partition) {
            return partition.name == ours && partition.owner == member_;
        });
    });
    for (const auto& partition : lost) cursors_.erase(partition);
    if (!lost.empty()) listener_.on_lost(lost);
}

void Membership::drop_all() {
    const auto lost = owned();
    cursors_.clear();
    if (!lost.empty()) listener_.on_lost(lost);
}

Result<void> Membership::commit(sqlite::Database& database,
                                const std::vector<OffsetCommit>& offsets) {
    if (auto valid = check_metadata(offsets); !valid) return valid;
    std::vector<TopicPartition> refused;
    auto transaction = sqlite::Transaction::write(database);
    if (!transaction) return std::unexpected(transaction.error());
    GroupTable table(database, group_);
    for (const auto& commit : offsets) {
        const auto cursor = cursors_.find(commit.partition);
        Result<bool> ours = false;
        if (cursor != cursors_.end()) ours = table.owns(member_, cursor->second.partition_id);
        if (!ours) return std::unexpected(ours.error());
        if (!*ours) {
            refused.push_back(commit.partition);
            continue;
        }
        auto stored = table.store_offset(cursor->second.partition_id,
                                         CommittedOffset{commit.offset, commit.metadata});
        if (!stored) return stored;
    }
    if (auto committed = transaction->commit(); !committed) return committed;
    if (!refused.empty()) return std::unexpected(not_ours(group_, refused));
    return {};
}

void Membership::leave(sqlite::Database& database) {
    cursors_.clear();
    const auto member = std::exchange(member_, kNoMember);
    if (member == kNoMember) return;
    auto transaction = sqlite::Transaction::write(database);
    if (!transaction || !GroupTable(database, group_).remove(member, clock_.now())) return;
    if (transaction->commit()) wake_.raise();
}

std::vector<TopicPartition> Membership::owned() const {
    std::vector<TopicPartition> partitions;
    for (const auto& [partition, cursor] : cursors_) partitions.push_back(partition);
    return partitions;
}

}  // namespace tributary::event_log
