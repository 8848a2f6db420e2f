#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <future>
#include <gtest/gtest.h>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "event_log/event_log.h"

/// What the tests of the contract suite share: a log to run on, members of groups, and waiting.
/// Nothing is expected at once: a group may take seconds to settle.
namespace tributary::event_log {

/// A log with a topic that no other test uses. `environment` lives as long as the test: a folder,
/// a server.
struct LogUnderTest {
    std::shared_ptr<void> environment;
    std::function<std::unique_ptr<Writer>()> make_writer;
    /// A writer whose queue takes `bytes`, give or take a little.
    std::function<std::unique_ptr<Writer>(std::size_t bytes)> make_writer_with_queue;
    std::function<std::unique_ptr<Reader>(const std::string& group,
                                          const std::vector<std::string>& topics,
                                          RebalanceListener& listener)>
        make_reader;
    std::unique_ptr<Inspector> inspector;
    std::string topic;             ///< With `kPartitions` partitions.
    std::string other_topic;       ///< Another one of that kind.
    std::string group;             ///< That nobody else uses.
    std::size_t max_record_bytes;  ///< What the log takes at most.
    std::string absence;           ///< Why there is no such log here; then the tests are skipped.
};

struct LogFactory {
    std::string name;
    std::function<LogUnderTest()> make;
};
inline std::ostream& operator<<(std::ostream& out, const LogFactory& factory) {
    return out << factory.name;
}

inline constexpr std::int32_t kPartitions = 4;
inline constexpr auto kPatience = std::chrono::seconds(30);
inline constexpr auto kPoll = std::chrono::milliseconds(50);

using Outcomes = std::vector<AppendOutcome>;

inline NewRecord record_of(const std::string& topic, const std::string& key,
                           const std::string& value) {
    return {topic, key, value, {}};
}

/// A key that belongs to `partition`.
inline std::string key_in(std::int32_t partition) {
    for (int i = 0;; ++i) {
        auto key = "key-" + std::to_string(i);
        if (partition_for_key(key, kPartitions) == partition) return key;
    }
}

/// Waits for one call of `append`.
inline Outcomes append_and_wait(Writer& writer, std::vector<NewRecord> records) {
    auto promise = std::make_shared<std::promise<Outcomes>>();
    auto outcomes = promise->get_future();
    writer.append(std::move(records),
                  [promise](Outcomes done) { promise->set_value(std::move(done)); });
    if (outcomes.wait_for(kPatience) != std::future_status::ready) {
        ADD_FAILURE() << "The writer gave no outcomes.";
        return {};
    }
    return outcomes.get();
}

/// A member of a group, and everything that happened to it.
class Member final : public RebalanceListener {
public:
    Member(const LogUnderTest& log, const std::vector<std::string>& topics)
        : reader(log.make_reader(log.group, topics, *this)) {}

    void on_assigned(const std::vector<Assignment>& partitions) override {
        for (const auto& assignment : partitions) {
            EXPECT_TRUE(owned.insert(assignment.partition).second);
            assignments.insert_or_assign(assignment.partition, assignment.committed);
        }
    }
    void on_revoked(const std::vector<TopicPartition>& partitions) override {
        if (while_revoked) while_revoked(partitions);
        for (const auto& partition : partitions) EXPECT_EQ(owned.erase(partition), 1U);
        revoked.insert(partitions.begin(), partitions.end());
    }
    void on_lost(const std::vector<TopicPartition>& partitions) override {
        for (const auto& partition : partitions) EXPECT_EQ(owned.erase(partition), 1U);
        lost.insert(partitions.begin(), partitions.end());
    }

    void poll() {
        auto polled = reader->poll(kPoll, 1'000);
        if (!polled) return;  // Polling again is always right.
        for (auto& record : *polled) records.push_back(std::move(record));
    }
    /// Commits `offset` for one partition.
    Result<void> commit(const TopicPartition& partition, std::int64_t offset,
                        const std::string& metadata = {}) {
        std::vector<OffsetCommit> offsets;
        offsets.emplace_back(partition, offset, metadata);
        return reader->commit(offsets);
    }
    [[nodiscard]] std::vector<std::string> values() const {
        std::vector<std::string> values;
        for (const auto& record : records) values.push_back(record.value);
        return values;
    }

    std::set<TopicPartition> owned;
    std::set<TopicPartition> revoked;
    std::set<TopicPartition> lost;
    std::map<TopicPartition, CommittedOffset> assignments;
    std::vector<Record> records;
    std::function<void(const std::vector<TopicPartition>&)> while_revoked;
    /// Last: its end must not outlive what it reports to.
    std::unique_ptr<Reader> reader;
};

/// Polls all members until `done` or the deadline.
template <class Condition>
bool poll_until(const std::vector<Member*>& members, Condition done) {
    const auto deadline = std::chrono::steady_clock::now() + kPatience;
    while (!done()) {
        if (std::chrono::steady_clock::now() > deadline) return false;
        for (auto* member : members) member->poll();
    }
    return true;
}

class EventLogContract : public testing::TestWithParam<LogFactory> {
protected:
    void SetUp() override {
        if (!under_test_.absence.empty()) GTEST_SKIP() << under_test_.absence;
    }
    const LogUnderTest& log() const { return under_test_; }
    const std::string& topic() const { return under_test_.topic; }
    Inspector& inspector() { return *under_test_.inspector; }
    Writer& writer() { return *writer_; }
    TopicPartition partition(std::int32_t number) const { return {topic(), number}; }

    /// Appends, and expects that everything is accepted.
    std::vector<LogPosition> append(std::vector<NewRecord> records) {
        std::vector<LogPosition> positions;
        for (const auto& outcome : append_and_wait(writer(), std::move(records))) {
            EXPECT_TRUE(outcome) << outcome.error().message;
            if (outcome) positions.push_back(*outcome);
        }
        return positions;
    }
    LogPosition append_one(const std::string& key, const std::string& value) {
        const auto positions = append({record_of(topic(), key, value)});
        return positions.empty() ? LogPosition() : positions.front();
    }
    /// Appends `<prefix>0`, `<prefix>1`, … to one partition.
    void append_many(std::int32_t partition, const std::string& prefix, int count) {
        std::vector<NewRecord> records;
        for (int i = 0; i < count; ++i) {
            records.push_back(record_of(topic(), key_in(partition), prefix + std::to_string(i)));
        }
        append(std::move(records));
    }
    /// Polls until the member owns all partitions of the topic.
    void own_all(Member& member) {
        ASSERT_TRUE(poll_until({&member}, [&] { return member.owned.size() == kPartitions; }));
    }
    static std::vector<std::string> numbered(const std::string& prefix, int count) {
        std::vector<std::string> values;
        for (int i = 0; i < count; ++i) values.push_back(prefix + std::to_string(i));
        return values;
    }

private:
    LogUnderTest under_test_ = GetParam().make();
    std::unique_ptr<Writer> writer_ =
        under_test_.absence.empty() ? under_test_.make_writer() : nullptr;
};

}  // namespace tributary::event_log
