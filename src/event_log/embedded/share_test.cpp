#include "event_log/embedded/share.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace tributary::event_log {
namespace {

using Ids = std::vector<std::int64_t>;
using Subscribers = std::map<std::string, Ids>;
using Counts = std::map<std::int64_t, int>;

GroupView view_of(Subscribers subscribers, const std::vector<std::string>& topics,
                  std::int32_t partitions) {
    GroupView view;
    view.subscribers = std::move(subscribers);
    for (const auto& topic : topics) {
        for (std::int32_t number = 0; number < partitions; ++number) {
            auto& partition = view.partitions.emplace_back();
            partition.id = static_cast<std::int64_t>(view.partitions.size());
            partition.name = {topic, number};
        }
    }
    return view;
}

Ids ids(const std::vector<GroupPartition>& partitions) {
    Ids ids;
    for (const auto& partition : partitions) ids.push_back(partition.id);
    return ids;
}

/// Lets every member do what its share says, one after the other.
void settle(GroupView& view, const Ids& members) {
    for (const auto member : members) {
        const auto share = fair_share(view, member);
        for (auto& partition : view.partitions) {
            if (std::ranges::count(share.release, partition)) partition.owner.reset();
            if (std::ranges::count(share.claim, partition)) partition.owner = member;
        }
    }
}

Counts owned_by_member(const GroupView& view) {
    Counts owned;
    for (const auto& partition : view.partitions) ++owned[partition.owner.value_or(0)];
    return owned;
}

TEST(FairShare, OneMemberHasEverything) {
    const auto share = fair_share(view_of(Subscribers{{"a", Ids{7}}}, {"a"}, 3), 7);
    EXPECT_EQ(ids(share.claim), (Ids{1, 2, 3}));
    EXPECT_TRUE(share.keep.empty());
    EXPECT_TRUE(share.release.empty());
}

TEST(FairShare, AStrangerHasNothing) {
    const auto share = fair_share(view_of(Subscribers{{"a", Ids{7}}}, {"a"}, 3), 8);
    EXPECT_TRUE(share.claim.empty());
}

TEST(FairShare, MembersReleaseWhatIsTooMuchAndKeepTheRest) {
    auto view = view_of(Subscribers{{"a", Ids{1, 2}}}, {"a"}, 5);
    for (auto& partition : view.partitions) partition.owner = 1;
    const auto share = fair_share(view, 1);
    EXPECT_EQ(ids(share.keep), (Ids{1, 2, 3}));
    EXPECT_EQ(ids(share.release), (Ids{4, 5}));
    EXPECT_TRUE(fair_share(view, 2).claim.empty()) << "nothing is free yet";
}

TEST(FairShare, SharesAddUpForAnyNumbers) {
    for (std::int32_t partitions = 1; partitions <= 7; ++partitions) {
        Ids members;
        auto view = view_of(Subscribers{{"a", Ids{}}}, {"a"}, partitions);
        for (std::int64_t joining = 1; joining <= 5; ++joining) {
            members.push_back(joining);
            view.subscribers["a"] = members;
            settle(view, members);
            settle(view, members);
            const auto owned = owned_by_member(view);
            EXPECT_FALSE(owned.contains(0)) << "a partition without owner";
            for (const auto& [member, count] : owned) {
                EXPECT_GE(count, partitions / joining);
                EXPECT_LE(count, (partitions + joining - 1) / joining);
            }
        }
    }
}

TEST(FairShare, TopicsOfOnePartitionAreSharedTogether) {
    const Ids both{1, 2};
    auto view = view_of(Subscribers{{"a", both}, {"b", both}, {"c", both}}, {"a", "b", "c"}, 1);
    settle(view, both);
    EXPECT_EQ(owned_by_member(view), (Counts{{1, 2}, {2, 1}}));
}

TEST(FairShare, NobodyGetsWhatItDoesNotRead) {
    auto view = view_of(Subscribers{{"a", Ids{1, 2}}, {"b", Ids{2}}}, {"a", "b"}, 2);
    settle(view, {1, 2});
    EXPECT_EQ(owned_by_member(view), (Counts{{1, 1}, {2, 3}}));
}

}  // namespace
}  // namespace tributary::event_log
