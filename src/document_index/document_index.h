#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

/// PORT: where documents go and are found again: Elasticsearch's model and words.
/// Adapters: `document_index/embedded` (SQLite FTS5), `document_index/elasticsearch`.
namespace tributary::document_index {

/// Where a document came from: its record's coordinates.
struct Origin {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    bool operator==(const Origin&) const = default;
};

/// One write. `json` is the whole document on one line, without CR or LF.
struct Document {
    enum class Operation {
        create,  ///< Fails with `AlreadyExists` where the id is taken.
        put,     ///< Overwrites: the dead letters' status changes.
    };
    Document(Operation operation_in, std::string index_in, std::string id_in, std::string json_in)
        : operation(operation_in),
          index(std::move(index_in)),
          id(std::move(id_in)),
          json(std::move(json_in)) {}
    Operation operation;
    std::string index;
    std::string id;
    std::string json;
};

/// Stored; `put` also when it overwrote.
struct Created {};
/// The id was taken. What is stored there, for the caller to judge: redelivery, duplicate or reuse.
struct AlreadyExists {
    std::string digest;  ///< `pipeline.digest` of the stored document.
    Origin origin;       ///< `kafka` of the stored document.
    std::string data;    ///< `data` of the stored document, as JSON.
};
/// The document caused it: it can never be stored as it is. A dead letter.
struct Rejected {
    int status = 0;      ///< As Elasticsearch numbers it, 400 for instance.
    std::string type;    ///< `error.type`: `mapper_parsing_exception`, ...
    std::string reason;  ///< One sentence.
};
/// This item was refused for now (429, 408, 5xx). Try it again.
struct TryAgain {
    int status = 0;
    std::string reason;
};
using WriteOutcome = std::variant<Created, AlreadyExists, Rejected, TryAgain>;

/// Writes documents in bulk. Thread-safe.
class Writer {
public:
    /// One outcome per document in the order given; or an error for the whole request: the
    /// environment's fault (`unavailable`: not reachable, credentials, index missing or blocked;
    /// `retry_later`: overloaded, with nothing written or some of it; `shutting_down`).
    /// It is always safe to send the same documents again.
    using Outcomes = Result<std::vector<WriteOutcome>>;
    /// Called exactly once, maybe from another thread. It must not block and must not throw.
    using Done = std::move_only_function<void(Outcomes)>;

    Writer() = default;
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    /// Waits for writes under way, at most their own deadline.
    virtual ~Writer() = default;

    /// Never blocks. Writes of several calls may be reordered. The caller bounds how many are in
    /// flight. A document answered `Created` is durable, and searchable within a second.
    virtual void write(std::vector<Document> documents, Done done) = 0;

    /// Whether the index can take documents now; the error says why not, and `unavailable` as long
    /// as an index elsewhere has not answered yet. Cheap; never blocks.
    [[nodiscard]] virtual Result<void> ready() const = 0;
};

/// A search over event documents, newest `pipeline.received_at` first.
struct Query {
    std::vector<std::string> indices;  ///< Empty: nothing is found.
    std::string text;                  ///< Plain words, all of which must occur; never syntax.
    std::string id;                    ///< The event's id, exactly.
    std::optional<Timestamp> after;    ///< pipeline.received_at >= after
    std::optional<Timestamp> before;   ///< pipeline.received_at < before
    std::size_t from = 0;              ///< Skips that many; from + size <= 10,000.
    std::size_t size = 20;             ///< At most 1,000.
    std::string cursor;                ///< Goes on behind an earlier page, beyond 10,000 too.
};
inline constexpr std::size_t kMaxPageSize = 1'000;
inline constexpr std::size_t kMaxWindow = 10'000;

/// Whether the page that is asked for lies within those limits; else `invalid_input`.
Result<void> check_limits(const Query& query);

struct Hit {
    std::string index;
    std::string id;    ///< `_id`
    std::string json;  ///< The document.
};

struct Page {
    std::uint64_t total = 0;  ///< All matches, not only this page.
    std::vector<Hit> hits;
    std::string cursor;  ///< For the next page; empty on the last one.
};

/// Reads documents. Thread-safe; blocking calls with a deadline of their own (5 s).
class Searcher {
public:
    Searcher() = default;
    Searcher(const Searcher&) = delete;
    Searcher& operator=(const Searcher&) = delete;
    virtual ~Searcher() = default;

    /// `invalid_input` for limits that are exceeded or a foreign cursor; `unavailable` when the
    /// index does not answer. An index that does not exist yet has no documents.
    virtual Result<Page> search(const Query& query) = 0;

    /// The document with that `_id`; `not_found` where there is none.
    virtual Result<Hit> get(const std::string& index, const std::string& id) = 0;

    /// How many documents of `index` came from each partition of `topic`, of those whose offset
    /// lies below the bound given for the partition (partitions that are not named: none).
    /// The ledger's cross-check.
    virtual Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string& index, const std::string& topic,
        const std::map<std::int32_t, std::int64_t>& offset_below) = 0;

    /// What holds the index and in which version, as it says itself: `Elasticsearch 8.19.21`.
    virtual Result<std::string> engine() = 0;
};

/// The index of dead letters, one document per letter.
inline constexpr const char* kDeadLettersIndex = "dead-letters-index";

}  // namespace tributary::document_index
