#include "indexing/document_turns.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "indexing/item.h"

namespace tributary::indexing {
namespace {

std::uint64_t document_of(const Item& item) {
    const std::hash<std::string_view> hash;
    return hash(item.document_id) ^ (hash(item.index()) << 1U);
}

}  // namespace

DocumentTurn::~DocumentTurn() {
    if (turns_) turns_->end(document_);
}

DocumentTurns::DocumentTurns() = default;
DocumentTurns::~DocumentTurns() = default;

ItemPtr DocumentTurns::enter(ItemPtr item, std::uint64_t request) {
    if (item->turn || item->letter) return item;
    const auto document = document_of(*item);
    auto& turn = turns_.try_emplace(document, Turn{request, 0, {}, {}}).first->second;
    if (turn.request != request) {
        wait_in(turn.behind, std::move(item));
        return nullptr;
    }
    ++turn.items;
    item->turn = DocumentTurn(*this, document);
    return item;
}

ItemPtr DocumentTurns::enter_again(ItemPtr item) {
    if (!item->turn) return item;
    Turn& turn = turns_.at(item->turn.document());
    const bool is_first = std::exchange(turn.request, kNoRequest) != kNoRequest;
    if (is_first || turn.items == 1) return item;
    item->turn = {};
    wait_in(turn.refused, std::move(item));
    return nullptr;
}

void DocumentTurns::wait_in(std::vector<ItemPtr>& queue, ItemPtr item) {
    item->waiting = BufferShare(waiting_[item->assignment], item->bytes());
    queue.push_back(std::move(item));
}

std::vector<ItemPtr> DocumentTurns::take_released() {
    return std::exchange(released_, {});
}

void DocumentTurns::end(std::uint64_t document) {
    const auto found = turns_.find(document);
    if (--found->second.items > 0) return;
    for (auto* queue : {&found->second.refused, &found->second.behind}) {
        for (ItemPtr& item : *queue) item->waiting = {};
        std::ranges::move(*queue, std::back_inserter(released_));
    }
    turns_.erase(found);
    forget_who_waits_no_more();
}

void DocumentTurns::forget_who_waits_no_more() {
    std::erase_if(waiting_, [](const auto& entry) { return entry.second.records == 0; });
}

void DocumentTurns::drop(const Predicate& matches) {
    const auto is_match = [&](const ItemPtr& item) { return matches(*item); };
    for (auto& [document, turn] : turns_) {
        std::erase_if(turn.refused, is_match);
        std::erase_if(turn.behind, is_match);
    }
    std::erase_if(released_, is_match);
    forget_who_waits_no_more();
}

void DocumentTurns::for_each(const Visitor& visit) const {
    for (const ItemPtr& item : released_) visit(*item);
    for (const auto& [document, turn] : turns_) {
        for (const ItemPtr& item : turn.refused) visit(*item);
        for (const ItemPtr& item : turn.behind) visit(*item);
    }
}

}  // namespace tributary::indexing
