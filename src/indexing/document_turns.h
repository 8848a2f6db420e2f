#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "indexing/buffer.h"

namespace tributary::indexing {

struct Item;
class DocumentTurns;

/// An item's right to write its document, given back on whatever way the item ends.
class DocumentTurn {
public:
    DocumentTurn() = default;
    /// `turns` must outlive it.
    DocumentTurn(DocumentTurns& turns, std::uint64_t document)
        : turns_(&turns), document_(document) {}
    DocumentTurn(DocumentTurn&& other) noexcept
        : turns_(std::exchange(other.turns_, nullptr)), document_(other.document_) {}
    DocumentTurn& operator=(DocumentTurn&& other) noexcept {
        std::swap(turns_, other.turns_);
        std::swap(document_, other.document_);
        return *this;
    }
    DocumentTurn(const DocumentTurn&) = delete;
    DocumentTurn& operator=(const DocumentTurn&) = delete;
    ~DocumentTurn();

    explicit operator bool() const { return turns_ != nullptr; }
    [[nodiscard]] std::uint64_t document() const { return document_; }

private:
    DocumentTurns* turns_ = nullptr;
    std::uint64_t document_ = 0;
};

/// One request at a time for each document, in the order of the log: of records that share an id
/// the first one becomes the document, however requests overtake each other. Within a request the
/// index keeps the order itself; of those that it refuses only the first one is sent again, and the
/// others wait for its end. One thread.
class DocumentTurns {
public:
    using ItemPtr = std::unique_ptr<Item>;
    using Predicate = std::function<bool(const Item&)>;
    using Visitor = std::function<void(const Item&)>;

    DocumentTurns();
    ~DocumentTurns();
    DocumentTurns(const DocumentTurns&) = delete;
    DocumentTurns& operator=(const DocumentTurns&) = delete;

    /// Gives an event back with its turn; nothing where items of another request have it: then it
    /// waits until they have ended.
    [[nodiscard]] ItemPtr enter(ItemPtr item, std::uint64_t request);
    /// For an item that is to be sent again, in the order of its request: gives it back where it is
    /// its document's first one; else it waits before those that came later.
    [[nodiscard]] ItemPtr enter_again(ItemPtr item);
    /// Those that may enter again, in the order in which they came.
    [[nodiscard]] std::vector<ItemPtr> take_released();

    /// Forgets those that wait.
    void drop(const Predicate& matches);
    /// Of those that wait.
    void for_each(const Visitor& visit) const;
    /// What waits, by the assignment that it belongs to; of others nothing does.
    using Waiting = std::map<std::uint64_t, BufferUsage>;
    [[nodiscard]] const Waiting& waiting() const { return waiting_; }

private:
    static constexpr std::uint64_t kNoRequest = 0;

    friend class DocumentTurn;
    struct Turn {
        std::uint64_t request = kNoRequest;  ///< None once an item of it is sent again, alone.
        std::size_t items = 0;
        std::vector<ItemPtr> refused;  ///< With the one that is sent again; before those behind.
        std::vector<ItemPtr> behind;
    };
    void wait_in(std::vector<ItemPtr>& queue, ItemPtr item);
    void end(std::uint64_t document);
    void forget_who_waits_no_more();

    Waiting waiting_;  ///< Before all that waits.
    /// By a hash of the document's name: two that share one wait needlessly, which is all.
    std::unordered_map<std::uint64_t, Turn> turns_;
    std::vector<ItemPtr> released_;
};

}  // namespace tributary::indexing
