#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "event_log/event_log.h"

namespace tributary::indexing {

using event_log::TopicPartition;

/// The tests' log, read by one member of a group that the test moves partitions in and out of.
class ScriptedReader final : public event_log::Reader {
public:
    explicit ScriptedReader(event_log::RebalanceListener& listener) : listener_(listener) {}

    /// Appends a record and returns its offset.
    std::int64_t append(const TopicPartition& partition, std::string value,
                        std::vector<event_log::RecordHeader> headers = {}) {
        auto& records = log[partition];
        event_log::Record record;
        record.topic = partition.topic;
        record.partition = partition.partition;
        record.offset = records.empty() ? 0 : records.back().offset + 1;
        record.timestamp = Timestamp(std::chrono::milliseconds(1'780'000'000'000));
        record.key = "key";
        record.value = std::move(value);
        record.headers = std::move(headers);
        records.push_back(std::move(record));
        return records.back().offset;
    }
    /// What the group's coordinator does; takes effect within the next `poll`.
    void assign(const TopicPartition& partition) {
        events_.emplace_back([this, partition] {
            const auto found = committed.find(partition);
            const auto from =
                found == committed.end() ? event_log::CommittedOffset() : found->second;
            positions_[partition] = from.offset;
            paused.erase(partition);
            listener_.on_assigned({{partition, from}});
        });
    }
    void revoke(const TopicPartition& partition) {
        events_.emplace_back([this, partition] {
            if (positions_.contains(partition)) listener_.on_revoked({partition});
            positions_.erase(partition);
        });
    }
    void lose(const TopicPartition& partition) {
        events_.emplace_back([this, partition] {
            if (positions_.erase(partition) > 0) listener_.on_lost({partition});
        });
    }
    /// From now on the reader delivers from there, as after an offset reset.
    void seek(const TopicPartition& partition, std::int64_t offset) {
        positions_[partition] = offset;
    }

    Result<std::vector<event_log::Record>> poll(std::chrono::milliseconds max_wait,
                                                std::size_t max_records) override {
        longest_wait = std::max(longest_wait, max_wait);
        ++polls;
        const bool is_rebalance = !events_.empty();
        while (!events_.empty()) {
            auto event = std::move(events_.front());
            events_.pop_front();
            event();
        }
        // As with Kafka, what is assigned is fetched only afterwards: it may be paused before.
        if (is_rebalance) return std::vector<event_log::Record>();
        if (poll_failure) return std::unexpected(*poll_failure);
        std::vector<event_log::Record> records;
        for (auto& [partition, position] : positions_) {
            if (paused.contains(partition)) continue;
            for (const auto& record : log[partition]) {
                if (record.offset < position || records.size() >= max_records) continue;
                records.push_back(record);
                position = record.offset + 1;
                ++delivered;
            }
        }
        return records;
    }
    Result<void> commit(const std::vector<event_log::OffsetCommit>& offsets) override {
        if (commit_failure) return std::unexpected(*commit_failure);
        for (const auto& offset : offsets) {
            if (not_ours.contains(offset.partition)) {
                return fail(ErrorCode::conflict, "The partition belongs to another member.");
            }
        }
        for (const auto& offset : offsets) {
            committed[offset.partition] = {offset.offset, offset.metadata};
            if (on_commit) on_commit(offset);
        }
        return {};
    }
    void pause(const std::vector<TopicPartition>& partitions) override {
        paused.insert(partitions.begin(), partitions.end());
    }
    void resume(const std::vector<TopicPartition>& partitions) override {
        for (const auto& partition : partitions) paused.erase(partition);
    }
    [[nodiscard]] Result<void> ready() const override { return readiness; }
    [[nodiscard]] std::uint64_t replacements() const override { return replaced; }
    void close() override {
        if (std::exchange(is_closed, true)) return;
        std::vector<TopicPartition> owned;
        for (const auto& [partition, position] : positions_) owned.push_back(partition);
        listener_.on_revoked(owned);
        positions_.clear();
    }

    std::map<TopicPartition, std::vector<event_log::Record>> log;
    std::map<TopicPartition, event_log::CommittedOffset> committed;
    std::set<TopicPartition> paused;
    std::set<TopicPartition> not_ours;  ///< Commits are conflicts.
    std::optional<Error> poll_failure;
    Result<void> readiness;
    std::uint64_t replaced = 0;
    std::optional<Error> commit_failure;
    std::function<void(const event_log::OffsetCommit&)> on_commit;
    std::chrono::milliseconds longest_wait{0};
    int polls = 0;
    std::size_t delivered = 0;
    bool is_closed = false;

private:
    event_log::RebalanceListener& listener_;
    std::map<TopicPartition, std::int64_t> positions_;
    std::deque<std::function<void()>> events_;
};

/// The tests' dead-letter topic.
class ScriptedLetters final : public event_log::Writer {
public:
    using Rule = std::function<std::optional<Error>(const event_log::NewRecord&)>;
    /// Which records are refused.
    void refuse(Rule rule) { rule_ = std::move(rule); }
    void set_ready(Result<void> ready) { ready_ = std::move(ready); }
    void hold() { is_holding_ = true; }
    void release() {
        is_holding_ = false;
        for (auto& [outcomes, done] : std::exchange(held_, {})) done(std::move(outcomes));
    }

    void append(std::vector<event_log::NewRecord> records, Done done) override {
        std::vector<event_log::AppendOutcome> outcomes;
        for (auto& record : records) {
            ++tried;
            const auto refusal = rule_ ? rule_(record) : std::nullopt;
            if (refusal) {
                outcomes.emplace_back(std::unexpected(*refusal));
                continue;
            }
            outcomes.emplace_back(
                event_log::LogPosition{.partition = 0,
                                       .offset = static_cast<std::int64_t>(written.size()),
                                       .timestamp = {}});
            written.push_back(std::move(record));
        }
        if (is_holding_) {
            held_.emplace_back(std::move(outcomes), std::move(done));
        } else {
            done(std::move(outcomes));
        }
    }
    [[nodiscard]] Result<void> ready() const override { return ready_; }
    [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
    [[nodiscard]] std::chrono::milliseconds expected_wait() const override {
        return std::chrono::milliseconds(1);
    }
    void drain(std::chrono::milliseconds /*limit*/) override { release(); }

    std::vector<event_log::NewRecord> written;
    int tried = 0;

private:
    Rule rule_;
    Result<void> ready_;
    bool is_holding_ = false;
    std::vector<std::pair<std::vector<event_log::AppendOutcome>, Done>> held_;
};

}  // namespace tributary::indexing
