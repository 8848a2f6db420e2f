#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/event_log.h"
#include "indexing/backoff.h"
#include "indexing/item.h"
#include "indexing/mailbox.h"
#include "indexing/settings.h"

namespace tributary::indexing {

/// Writes dead letters to `T.dlq` until the log has them. A letter that is refused as too large
/// goes without its value; every other failure is tried again for ever. One thread; never blocks.
class LetterSender {
public:
    /// All must outlive this object.
    LetterSender(const IndexingSettings& settings, event_log::Writer& dead_letters,
                 std::shared_ptr<Mailbox> mailbox, const Clock& clock);

    /// `item->letter` says why.
    void add(ItemPtr item);
    void send_due();
    /// The items whose letters are written now: `letter->position` says where.
    std::vector<ItemPtr> complete(LetterCompletion completion);

    using Predicate = std::function<bool(const Item&)>;
    /// Forgets what waits; what is in flight still comes back.
    void drop_waiting(const Predicate& matches);
    [[nodiscard]] bool holds(const Predicate& matches) const;

    /// Why letters cannot be written now; none while all is well.
    [[nodiscard]] std::optional<Error> trouble() const;
    /// The assignments whose letters have failed and are not written yet.
    [[nodiscard]] std::set<std::uint64_t> troubled_assignments() const;
    [[nodiscard]] bool is_in_flight() const { return !requests_.empty(); }
    [[nodiscard]] std::optional<SteadyTime> next_due() const;

private:
    void send(std::vector<ItemPtr> items);
    void try_later(ItemPtr item, const Error& error);
    void for_each(const std::function<void(const Item&)>& visit) const;

    const IndexingSettings& settings_;
    event_log::Writer& dead_letters_;
    std::shared_ptr<Mailbox> mailbox_;
    const Clock& clock_;
    Backoff backoff_;
    std::multimap<SteadyTime, ItemPtr> waiting_;  ///< By when it is due.
    std::map<std::uint64_t, std::vector<ItemPtr>> requests_;
    std::uint64_t next_request_ = 1;
    std::optional<Error> last_error_;
};

}  // namespace tributary::indexing
