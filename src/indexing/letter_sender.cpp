#include "indexing/letter_sender.h"

#include <algorithm>
#include <utility>

#include "indexing/letter_format.h"

namespace tributary::indexing {

LetterSender::LetterSender(const IndexingSettings& settings, event_log::Writer& dead_letters,
                           std::shared_ptr<Mailbox> mailbox, const Clock& clock)
    : settings_(settings),
      dead_letters_(dead_letters),
      mailbox_(std::move(mailbox)),
      clock_(clock),
      backoff_(settings.min_backoff, settings.max_backoff) {
}

void LetterSender::add(ItemPtr item) {
    item->letter->failures = 0;
    waiting_.emplace(clock_.steady_now(), std::move(item));
}

void LetterSender::send_due() {
    const SteadyTime now = clock_.steady_now();
    while (requests_.size() < settings_.max_in_flight) {
        std::vector<ItemPtr> items;
        std::size_t bytes = 0;
        while (!waiting_.empty() && waiting_.begin()->first <= now &&
               items.size() < settings_.max_batch_documents && bytes < settings_.max_batch_bytes) {
            items.push_back(std::move(waiting_.extract(waiting_.begin()).mapped()));
            bytes += items.back()->bytes();
        }
        if (items.empty()) return;
        send(std::move(items));
    }
}

void LetterSender::send(std::vector<ItemPtr> items) {
    const std::uint64_t number = next_request_++;
    std::vector<event_log::NewRecord> records;
    records.reserve(items.size());
    for (const ItemPtr& item : items) records.push_back(letter_record(*item, clock_.now()));
    requests_.emplace(number, std::move(items));
    dead_letters_.append(std::move(records), [mailbox = mailbox_, number](auto outcomes) {
        mailbox->post(LetterCompletion{number, std::move(outcomes)});
    });
}

std::vector<ItemPtr> LetterSender::complete(LetterCompletion completion) {
    auto node = requests_.extract(completion.request);
    if (node.empty()) return {};
    std::vector<ItemPtr> written;
    const Error no_outcome(ErrorCode::internal, "The log gave no outcome for a dead letter.");
    for (std::size_t i = 0; i < node.mapped().size(); ++i) {
        ItemPtr& item = node.mapped()[i];
        if (i >= completion.outcomes.size()) {
            try_later(std::move(item), no_outcome);
        } else if (const auto& outcome = completion.outcomes[i]; outcome) {
            item->letter->position = *outcome;
            item->letter->failures = 0;
            written.push_back(std::move(item));
        } else if (outcome.error().code == ErrorCode::invalid_input &&
                   !item->letter->is_value_replaced) {
            item->letter->is_value_replaced = true;
            add(std::move(item));
        } else {
            try_later(std::move(item), outcome.error());
        }
    }
    return written;
}

void LetterSender::try_later(ItemPtr item, const Error& error) {
    last_error_ = error;
    const auto due = clock_.steady_now() + backoff_.wait_after(++item->letter->failures);
    waiting_.emplace(due, std::move(item));
}

void LetterSender::for_each(const std::function<void(const Item&)>& visit) const {
    for (const auto& [due, item] : waiting_) visit(*item);
    for (const auto& [number, items] : requests_) {
        for (const ItemPtr& item : items) visit(*item);
    }
}

void LetterSender::drop_waiting(const Predicate& matches) {
    std::erase_if(waiting_, [&](const auto& entry) { return matches(*entry.second); });
}

bool LetterSender::holds(const Predicate& matches) const {
    bool found = false;
    for_each([&](const Item& item) { found |= matches(item); });
    return found;
}

std::set<std::uint64_t> LetterSender::troubled_assignments() const {
    std::set<std::uint64_t> assignments;
    for_each([&](const Item& item) {
        if (item.letter->failures > 0) assignments.insert(item.assignment);
    });
    return assignments;
}

std::optional<Error> LetterSender::trouble() const {
    return troubled_assignments().empty() ? std::nullopt : last_error_;
}

std::optional<SteadyTime> LetterSender::next_due() const {
    if (waiting_.empty() || requests_.size() >= settings_.max_in_flight) return std::nullopt;
    return waiting_.begin()->first;
}

}  // namespace tributary::indexing
