#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "indexing/buffer.h"
#include "indexing/bulk_sender.h"
#include "indexing/index_spans.h"
#include "indexing/indexing_metrics.h"
#include "indexing/item.h"
#include "indexing/letter_sender.h"
#include "indexing/mailbox.h"
#include "indexing/owned_partitions.h"
#include "indexing/settings.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "tracing/tracer.h"

namespace tributary::indexing {

/// The Consumer (contract §5): every record of the log becomes a document or a dead letter, and
/// only then counts as done; an offset is committed when nothing before it is open. One loop, run
/// by one thread; writes go on beside it. It never gives up for a reason that may pass.
class Consumer final : public event_log::RebalanceListener {
public:
    /// All must outlive the consumer; `metrics` and `log` also the writers' last answer.
    Consumer(IndexingSettings settings, const event::Catalog& catalog,
             event_log::Writer& dead_letters, document_index::Writer& index,
             telemetry::Metrics& metrics, telemetry::Log& log, tracing::Tracer& tracer,
             const Clock& clock);
    Consumer(const Consumer&) = delete;
    Consumer& operator=(const Consumer&) = delete;

    /// Calls `created` for every event whose document was made, on the loop's thread; it must be
    /// quick. Before the first turn.
    void on_created(std::function<void(const Item&)> created) { created_ = std::move(created); }

    /// Give this to the reader when it is made; it is called on the loop's thread only.
    event_log::RebalanceListener& listener() { return *this; }

    /// Works until `stop` is requested; then waits, bounded by `revoke_wait`, for what is in
    /// flight, commits what is done and closes the reader.
    void run(event_log::Reader& reader, std::stop_token stop);
    /// One turn of that loop; never longer than about 100 ms, unless the log itself blocks.
    void turn(event_log::Reader& reader);
    /// The end of that loop.
    void finish(event_log::Reader& reader);

    /// Why records cannot be worked off now: index, dead letters, log, or not running. To own no
    /// partition is fine. Any thread.
    [[nodiscard]] Result<void> ready() const;
    /// The loop turned within `max_turn`. Any thread.
    [[nodiscard]] bool is_live() const;
    /// The next offset to commit of every partition that is ours: the end of the log minus this is
    /// the lag. Any thread.
    [[nodiscard]] std::map<event_log::TopicPartition, std::int64_t> positions() const;

    void on_assigned(const std::vector<event_log::Assignment>& partitions) override;
    void on_revoked(const std::vector<event_log::TopicPartition>& partitions) override;
    void on_lost(const std::vector<event_log::TopicPartition>& partitions) override;

private:
    void read(event_log::Reader& reader);
    [[nodiscard]] std::chrono::milliseconds longest_wait() const;
    [[nodiscard]] std::size_t records_wanted() const;
    void take(event_log::Record record);

    void work();
    void settle(ItemPtr item, Judgement judgement);
    void settle_letter(OwnedPartition& owned, ItemPtr item, const Judgement& judgement);
    void write_letter(ItemPtr item);
    void end(OwnedPartition& owned, const Item& item, Fate fate, Verdict verdict);
    void follow(const Item& item, Fate fate, Verdict verdict);

    void commit(const std::vector<event_log::OffsetCommit>& offsets);
    void commit_if_due();
    void forget(const event_log::TopicPartition& partition);

    void update_pauses(event_log::Reader& reader);
    void note_fullness();
    [[nodiscard]] bool is_full_for_a_moment() const;
    [[nodiscard]] bool pauses_for_memory();
    [[nodiscard]] bool pauses_for_turns(const OwnedPartition& owned) const;
    void publish(const event_log::Reader& reader);
    [[nodiscard]] std::optional<Error> find_trouble() const;
    void beat();

    const IndexingSettings settings_;
    event_log::Writer& dead_letters_;
    document_index::Writer& index_;
    telemetry::Log& log_;
    const Clock& clock_;
    IndexingMetrics metrics_;
    BufferUsage usage_;  ///< Before everything that holds items.
    ItemMaker item_maker_;
    OwnedPartitions partitions_;
    std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    BulkSender bulk_;
    LetterSender letters_;
    IndexSpans spans_;

    std::function<void(const Item&)> created_ = [](const Item&) {};
    event_log::Reader* reader_ = nullptr;   ///< While the loop turns.
    std::optional<SteadyTime> full_since_;  ///< None while there is room for records.
    bool is_pausing_for_memory_ = false;
    std::size_t bytes_per_record_ = 1024;  ///< Of the last poll.
    SteadyTime next_commit_;
    std::optional<Error> read_trouble_;
    std::optional<Error> group_trouble_;
    std::uint64_t reader_replacements_ = 0;
    std::optional<Error> commit_trouble_;

    std::atomic<SteadyTime> last_turn_;
    mutable std::mutex mutex_;  ///< For what other threads see:
    std::optional<Error> trouble_;
    std::map<event_log::TopicPartition, std::int64_t> positions_;
};

}  // namespace tributary::indexing
