#pragma once

#include <algorithm>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

/// PORT: a partitioned, durable log of records with consumer groups: Kafka's model and words.
/// Adapters: `event_log/embedded` (SQLite), `event_log/kafka` (librdkafka).
namespace tributary::event_log {

struct RecordHeader {
    RecordHeader(std::string name_in, std::string value_in)
        : name(std::move(name_in)), value(std::move(value_in)) {}
    std::string name;
    std::string value;
    bool operator==(const RecordHeader&) const = default;
};

/// The headers of a record on its way into the log: unchangeable, so that the records of a call
/// which have the same ones share them; a copy costs a pointer.
class RecordHeaders {
public:
    RecordHeaders() = default;
    RecordHeaders(std::vector<RecordHeader> headers)  // NOLINT(google-explicit-constructor)
        : headers_(std::make_shared<const std::vector<RecordHeader>>(std::move(headers))) {}
    RecordHeaders(std::initializer_list<RecordHeader> headers)
        : RecordHeaders(std::vector<RecordHeader>(headers)) {}

    [[nodiscard]] const RecordHeader* begin() const {
        return headers_ ? headers_->data() : nullptr;
    }
    [[nodiscard]] const RecordHeader* end() const { return begin() + size(); }
    [[nodiscard]] std::size_t size() const { return headers_ ? headers_->size() : 0; }
    [[nodiscard]] bool empty() const { return size() == 0; }
    bool operator==(const RecordHeaders& other) const { return std::ranges::equal(*this, other); }

private:
    std::shared_ptr<const std::vector<RecordHeader>> headers_;
};

/// One partition of one topic.
struct TopicPartition {
    TopicPartition() = default;
    TopicPartition(std::string topic_in, std::int32_t partition_in)
        : topic(std::move(topic_in)), partition(partition_in) {}
    std::string topic;
    std::int32_t partition = 0;
    auto operator<=>(const TopicPartition&) const = default;
};

/// A record on its way into the log. The partition is chosen by Kafka's rule: murmur2 of the key.
struct NewRecord {
    NewRecord(std::string topic_in, std::string key_in, std::string value_in,
              RecordHeaders headers_in)
        : topic(std::move(topic_in)),
          key(std::move(key_in)),
          value(std::move(value_in)),
          headers(std::move(headers_in)) {}
    std::string topic;
    std::string key;
    std::string value;
    RecordHeaders headers;
};

/// Where an accepted record lies.
struct LogPosition {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    Timestamp timestamp;  ///< The record's own: "published at".
};

/// A record read from the log.
struct Record {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    Timestamp timestamp;
    std::string key;
    std::string value;
    std::vector<RecordHeader> headers;

    /// The last header of that name, as Kafka's clients read it; empty where there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// What became of one appended record. The error's code decides what may be said to the client:
/// `retry_later` (queue full, disk reserve), `unavailable`, `shutting_down`, `not_found` (no such
/// topic), `invalid_input` (too large): not persisted, for certain. `timed_out`: fate unknown.
using AppendOutcome = Result<LogPosition>;

/// Appends records durably. Thread-safe.
class Writer {
public:
    /// Called exactly once, with one outcome per record in the order given. May come from another
    /// thread, or from within `append`. It must not block and must not throw.
    using Done = std::move_only_function<void(std::vector<AppendOutcome>)>;

    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    virtual ~Writer() = default;

    /// Never blocks. An outcome with a value means that the record survives what the adapter
    /// promises to survive (embedded: power cut; Kafka: acks=all). Records of one key given in
    /// order land in order. The queue is bounded in bytes; what does not fit is `retry_later` at
    /// once. Records of one call stand or fall one by one.
    virtual void append(std::vector<NewRecord> records, Done done) = 0;

    /// Whether the log can take records now; the error says why not. Cheap; never blocks.
    [[nodiscard]] virtual Result<void> ready() const = 0;

    /// Bytes accepted by `append` whose outcome is still open.
    [[nodiscard]] virtual std::size_t queued_bytes() const = 0;

    /// How long a record handed over now is likely to wait, from what is queued and how fast it
    /// drains: what `Retry-After` tells a client that was refused. At least 1 ms.
    [[nodiscard]] virtual std::chrono::milliseconds expected_wait() const = 0;

    /// Refuses new records with `shutting_down`, waits until every outcome was delivered or
    /// `limit` has passed (then the rest get `timed_out`). Idempotent.
    virtual void drain(std::chrono::milliseconds limit) = 0;
};

/// What a group remembers about a partition: where to go on, and a short text of ours that travels
/// with it atomically (the ledger's counts). Kafka keeps up to 4 KiB of it.
struct CommittedOffset {
    std::int64_t offset = 0;  ///< The next record to read.
    std::string metadata;
};

struct OffsetCommit {
    OffsetCommit(TopicPartition partition_in, std::int64_t offset_in, std::string metadata_in)
        : partition(std::move(partition_in)), offset(offset_in), metadata(std::move(metadata_in)) {}
    TopicPartition partition;
    std::int64_t offset;
    std::string metadata;
};

/// A partition given to this member, with what its group had committed.
struct Assignment {
    TopicPartition partition;
    /// Nothing was committed yet: `offset` is the first record that the log still has.
    CommittedOffset committed;
};

/// Told of changes in which partitions this reader owns; called from within `poll` and `close`
/// only, on their thread.
class RebalanceListener {
public:
    virtual ~RebalanceListener() = default;
    /// These partitions are ours from now on; records follow from `committed.offset`.
    virtual void on_assigned(const std::vector<Assignment>& partitions) = 0;
    /// About to be taken away: still ours during this call, so `commit` works. At most 5 s.
    virtual void on_revoked(const std::vector<TopicPartition>& partitions) = 0;
    /// Already somebody else's: commit nothing.
    virtual void on_lost(const std::vector<TopicPartition>& partitions) = 0;
};

/// A member of a consumer group. Used by one thread.
class Reader {
public:
    Reader() = default;
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    /// Leaves the group without calling the listener; `close` first for a clean leave.
    virtual ~Reader() = default;

    /// Waits at most `max_wait` for records of assigned, not paused partitions. Empty is normal.
    /// Records of one partition come in offset order. `unavailable` when the log does not answer;
    /// polling again is always right.
    virtual Result<std::vector<Record>> poll(std::chrono::milliseconds max_wait,
                                             std::size_t max_records) = 0;

    /// Stores offsets durably. All or none per partition; `conflict` when a partition is no longer
    /// ours (nothing is stored for it then).
    virtual Result<void> commit(const std::vector<OffsetCommit>& offsets) = 0;

    /// Stops and restarts delivery of partitions while polling and membership go on. Records
    /// already returned are not returned again. Unknown partitions are ignored.
    virtual void pause(const std::vector<TopicPartition>& partitions) = 0;
    virtual void resume(const std::vector<TopicPartition>& partitions) = 0;

    /// Whether the topics are there and the group has given this reader its share, which may be
    /// none; the error says what is missing. A rebalance later on changes nothing. Cheap.
    [[nodiscard]] virtual Result<void> ready() const = 0;
    /// How often the connection was found to be of no use any more and replaced by a new one, with
    /// `on_lost` for what was owned.
    [[nodiscard]] virtual std::uint64_t replacements() const = 0;

    /// Leaves the group: calls `on_revoked` for what is owned, then hands it over. Idempotent.
    virtual void close() = 0;
};

/// What the ledger, the console and the command line look at. Thread-safe; blocking calls.
class Inspector {
public:
    struct Range {
        std::int64_t first = 0;  ///< The first offset that is still stored.
        std::int64_t end = 0;    ///< One past the last record.
    };

    Inspector() = default;
    Inspector(const Inspector&) = delete;
    Inspector& operator=(const Inspector&) = delete;
    virtual ~Inspector() = default;

    /// All partitions of a topic; `not_found` where the topic does not exist.
    virtual Result<std::vector<TopicPartition>> partitions(const std::string& topic) = 0;
    virtual Result<Range> range(const TopicPartition& partition) = 0;
    /// What `group` committed; `not_found` where it never did.
    virtual Result<CommittedOffset> committed(const std::string& group,
                                              const TopicPartition& partition) = 0;
    /// Up to `max_records` from `offset` on; empty at the end. An offset that was trimmed away
    /// gives the first one that is left.
    virtual Result<std::vector<Record>> read(const TopicPartition& partition, std::int64_t offset,
                                             std::size_t max_records) = 0;

    /// What holds the log, as far as it is known, for people: `SQLite 3.40.1`. Brokers of Kafka
    /// name no version, so there it is the client's, and how many brokers there are.
    virtual Result<std::string> engine() = 0;
};

/// Calls `visit` for every record of `topic`, partition by partition in order of offsets, up to the
/// ends that the partitions have when it comes to them; ends early with the error that `visit`
/// gives. A topic that nobody has created has no records. Reads page by page; blocks.
Result<void> for_each_record(Inspector& log, const std::string& topic,
                             const std::function<Result<void>(Record)>& visit);

/// Which partition a key belongs to: Kafka's default partitioner (murmur2, positive, modulo).
/// Both adapters use it, so a key keeps its partition when a system moves from one to the other.
std::int32_t partition_for_key(std::string_view key, std::int32_t partitions);

/// The dead-letter topic of `topic`: `orders` -> `orders.dlq`.
std::string dead_letter_topic(std::string_view topic);
/// The record of what was done with dead letters: `orders` -> `orders.dlq.actions`.
std::string dead_letter_actions_topic(std::string_view topic);

}  // namespace tributary::event_log
