#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "document_index/document_index.h"
#include "indexing/backoff.h"
#include "indexing/document_turns.h"
#include "indexing/indexing_metrics.h"
#include "indexing/item.h"
#include "indexing/mailbox.h"
#include "indexing/send_window.h"
#include "indexing/settings.h"
#include "indexing/verdicts.h"

namespace tributary::indexing {

/// Sends items to the index in bulk, several requests at a time, and judges the answers. Events and
/// dead letters' documents go the same way. An item comes back from `complete` every time it was
/// sent; what is not done is handed in again by `retry` or `requeue`. One thread; never blocks.
class BulkSender {
public:
    /// All must outlive this object.
    BulkSender(const IndexingSettings& settings, document_index::Writer& index,
               std::shared_ptr<Mailbox> mailbox, IndexingMetrics& metrics, const Clock& clock);

    struct Judged {
        ItemPtr item;
        Judgement judgement;
    };

    /// An event whose document others are writing waits until those have ended.
    void add(ItemPtr item);
    /// After `try_again`: sent again when its backoff is over. Of a document's items only the first
    /// one is, which is handed in before the others; they follow it.
    void retry(ItemPtr item);
    /// After `environment`: sent again as soon as anything is; else like `retry`.
    void requeue(ItemPtr item);

    /// Sends what is due and what the window allows.
    void send_due();
    std::vector<Judged> complete(BulkCompletion completion);

    using Predicate = std::function<bool(const Item&)>;
    /// Forgets what waits; what is in flight still comes back.
    void drop_waiting(const Predicate& matches);
    /// Whether such an item waits or is in flight.
    [[nodiscard]] bool holds(const Predicate& matches) const;

    /// What waits for others with its id, by assignment.
    [[nodiscard]] const DocumentTurns::Waiting& waiting_for_turns() const {
        return turns_.waiting();
    }

    /// Why nothing can be written now; none while all is well, and once nothing is left to write.
    [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }
    [[nodiscard]] bool is_in_flight() const { return !requests_.empty(); }
    [[nodiscard]] std::size_t documents_in_flight() const { return documents_in_flight_; }
    /// When `send_due` should be called next even if nothing happens.
    [[nodiscard]] std::optional<SteadyTime> next_due() const;

private:
    struct Request {
        std::vector<ItemPtr> items;
        std::size_t bytes = 0;
        SteadyTime sent_at;
    };
    [[nodiscard]] bool has_room() const;
    [[nodiscard]] SteadyTime first_due() const;  ///< Of `waiting_`, which must not be empty.
    [[nodiscard]] std::vector<ItemPtr> next_batch(std::uint64_t request);
    void send(SteadyTime now);
    ItemPtr take_waiting();
    void add_released();
    void for_each(const DocumentTurns::Visitor& visit) const;
    std::vector<Judged> judge_all(std::vector<ItemPtr> items,
                                  std::vector<document_index::WriteOutcome>& outcomes);
    std::vector<Judged> fail_all(std::vector<ItemPtr> items, const Error& error);
    [[nodiscard]] std::uint64_t& successes_on(std::string_view index);
    void count_successes(const std::vector<Judged>& judged);
    void count_failures(std::vector<Judged>& judged);
    [[nodiscard]] bool fails_alone(const Item& item, std::size_t failing) const;
    [[nodiscard]] std::size_t failing_on(std::string_view index) const;
    void enter_trouble(const Error& error);
    void forget_trouble_of_nothing();

    const IndexingSettings& settings_;
    document_index::Writer& index_;
    std::shared_ptr<Mailbox> mailbox_;
    IndexingMetrics& metrics_;
    const Clock& clock_;
    Backoff backoff_;
    SendWindow window_;

    DocumentTurns turns_;  ///< Before all that holds items.
    std::deque<ItemPtr> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::multimap<SteadyTime, ItemPtr> backing_off_;
    std::map<std::uint64_t, Request> requests_;
    std::uint64_t next_request_ = 1;
    std::size_t documents_in_flight_ = 0;
    std::map<std::string, std::uint64_t, std::less<>> successes_;  ///< By index.

    std::optional<Error> trouble_;
    int troubles_in_a_row_ = 0;
    SteadyTime not_before_;
};

}  // namespace tributary::indexing
