#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "dead_letters/letter.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"

/// Use case: look at dead letters, give them another try, or put them away for good.
namespace tributary::dead_letters {

/// Which letters are meant; what is empty does not restrict.
struct Filter {
    std::vector<std::string> ids;  ///< Letters' ids.
    std::string topic;             ///< T: `orders`
    std::string reason;            ///< `mapping_conflict`, ...
    std::string event_id;
    std::string key;                 ///< The record's: one entity's letters.
    std::optional<Timestamp> after;  ///< Dead-lettered at or after.
    std::optional<Timestamp> before;
    std::optional<State> state;

    [[nodiscard]] bool matches(const Letter& letter) const;
};

struct Page {
    std::uint64_t total = 0;      ///< All matches, not only this page.
    std::vector<Letter> letters;  ///< Newest first.
};

/// What to do with the open letters that a filter means.
struct Order {
    State leads_to = State::redriven;  ///< Or `dropped`.
    Filter filter;                     ///< Its `state` is ignored: only open letters are acted on.
    std::string by;                    ///< Who asks for it; kept in the action.
    bool is_dry_run = false;           ///< Only say what would be done.
    bool is_forced = false;            ///< Redrive also what came back `kMaxRedrives` times.
    /// After this, if given, no further letters are begun, some hundred at a time; the report says
    /// how many are left. A dry run takes the time it takes.
    std::optional<std::chrono::milliseconds> time_limit;
};

/// An event that came back so often needs a cause found, not a further try.
inline constexpr int kMaxRedrives = 3;
/// Most letters that one order acts on; the report says how many are left.
inline constexpr std::size_t kMaxLettersPerOrder = 10'000;

enum class Fate { done, planned, refused, failed };
/// `done`, `planned`, `refused`, `failed`.
std::string_view to_string(Fate fate);

/// What became of one letter.
struct Outcome {
    std::string letter;
    Fate fate = Fate::done;
    std::string detail;            ///< Refused, failed: a sentence.
    std::optional<Action> action;  ///< Done: as it was recorded.
};

struct Report {
    std::vector<Outcome> outcomes;  ///< By origin: partition, then offset.
    std::uint64_t left = 0;         ///< Matched too, but over a limit: order again.
    /// Not empty where `dead-letters-index` does not show all of it; the log, which decides, does.
    std::string index_trouble;

    [[nodiscard]] std::uint64_t count(Fate fate) const;
};

/// Dead letters of every topic in the catalog. The log is what counts: letters in `T.dlq` less
/// actions in `T.dlq.actions` are the open ones; the index is told afterwards. Thread-safe; blocks.
class DeadLetters {
public:
    /// All must outlive this object.
    DeadLetters(const event::Catalog& catalog, event_log::Inspector& inspector,
                event_log::Writer& log, document_index::Searcher& searcher,
                document_index::Writer& index, const Clock& clock);

    /// Skips `from` letters, gives at most `size`.
    Result<Page> list(const Filter& filter, std::size_t from, std::size_t size);
    /// `not_found` where there is none of that id.
    Result<Letter> show(const std::string& id);
    /// Redrives or drops. Letters of one key go back in the order of their origin, and none goes
    /// once an earlier one of its key in this order has failed. The new record is written first,
    /// the action second: a crash in between leaves the letter open, and redriving it again makes
    /// a duplicate, which is counted and not indexed. An error means that nothing was done.
    Result<Report> act(const Order& order);

private:
    Result<std::vector<std::string>> topics_of(const Filter& filter) const;

    const event::Catalog& catalog_;
    event_log::Inspector& inspector_;
    event_log::Writer& log_;
    document_index::Searcher& searcher_;
    document_index::Writer& index_;
    const Clock& clock_;
    std::mutex acting_;  ///< Two orders at once would redrive the same letters twice.
};

}  // namespace tributary::dead_letters
