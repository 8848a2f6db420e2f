#include "indexing/bulk_sender.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "indexing/document.h"
#include "indexing/letter_format.h"

namespace tributary::indexing {
namespace {

/// A window that was halved down to one grows back within eight answers.
constexpr std::size_t kStepsToFullWindow = 8;

document_index::Document document_of(const Item& item, Timestamp now) {
    using Operation = document_index::Document::Operation;
    if (item.letter) {
        return {Operation::put, std::string(item.index()), letter_document_id(item),
                letter_document(item, now)};
    }
    return {Operation::create, std::string(item.index()), item.document_id,
            compose_document(item, now)};
}

Judgement judge_item(const Item& item, const document_index::WriteOutcome& outcome) {
    return judge(outcome, {item.origin(), item.digest, item.stored.event.data()});
}

}  // namespace

BulkSender::BulkSender(const IndexingSettings& settings, document_index::Writer& index,
                       std::shared_ptr<Mailbox> mailbox, IndexingMetrics& metrics,
                       const Clock& clock)
    : settings_(settings),
      index_(index),
      mailbox_(std::move(mailbox)),
      metrics_(metrics),
      clock_(clock),
      backoff_(settings.min_backoff, settings.max_backoff),
      window_(settings.max_batch_documents * settings.max_in_flight,
              settings.max_batch_documents * settings.max_in_flight / kStepsToFullWindow) {
}

void BulkSender::add(ItemPtr item) {
    item->queued_at = clock_.steady_now();
    waiting_bytes_ += item->bytes();
    waiting_.push_back(std::move(item));
}

void BulkSender::retry(ItemPtr item) {
    metrics_.count_retried_document();
    item = turns_.enter_again(std::move(item));
    if (!item) return;
    const auto due = clock_.steady_now() + backoff_.wait_after(item->failures);
    backing_off_.emplace(due, std::move(item));
}

void BulkSender::requeue(ItemPtr item) {
    metrics_.count_retried_document();
    item = turns_.enter_again(std::move(item));
    if (item) add(std::move(item));
}

/// What failed may have been taken away with its partition. Then nothing is left whose success
/// could end the trouble, and whoever waits for its end before reading on would wait for ever. The
/// backoff stays, so an index that is still away is not asked more often for it.
void BulkSender::forget_trouble_of_nothing() {
    if (waiting_.empty() && backing_off_.empty() && requests_.empty()) trouble_.reset();
}

/// To the front: more items for the same documents may wait already.
void BulkSender::add_released() {
    auto released = turns_.take_released();
    for (const ItemPtr& item : released) waiting_bytes_ += item->bytes();
    waiting_.insert(waiting_.begin(), std::move_iterator(released.begin()),
                    std::move_iterator(released.end()));
}

void BulkSender::send_due() {
    add_released();
    forget_trouble_of_nothing();
    const SteadyTime now = clock_.steady_now();
    while (!backing_off_.empty() && backing_off_.begin()->first <= now) {
        add(std::move(backing_off_.extract(backing_off_.begin()).mapped()));
    }
    while (!waiting_.empty() && has_room() && first_due() <= now) send(now);
}

bool BulkSender::has_room() const {
    const std::size_t max_requests = trouble_ ? 1 : settings_.max_in_flight;
    return requests_.size() < max_requests && documents_in_flight_ < window_.size();
}

SteadyTime BulkSender::first_due() const {
    const bool is_worth_a_request = requests_.empty() ||
                                    waiting_.size() >= settings_.max_batch_documents ||
                                    waiting_bytes_ >= settings_.max_batch_bytes;
    if (is_worth_a_request) return not_before_;
    return std::max(not_before_, waiting_.front()->queued_at + settings_.max_batch_age);
}

ItemPtr BulkSender::take_waiting() {
    ItemPtr item = std::move(waiting_.front());
    waiting_.pop_front();
    waiting_bytes_ -= item->bytes();
    return item;
}

std::vector<ItemPtr> BulkSender::next_batch(std::uint64_t request) {
    const std::size_t most =
        std::min(settings_.max_batch_documents, window_.size() - documents_in_flight_);
    std::vector<ItemPtr> items;
    std::size_t bytes = 0;
    while (!waiting_.empty() && items.size() < most) {
        const std::size_t size = waiting_.front()->bytes();
        if (!items.empty() && bytes + size > settings_.max_batch_bytes) break;
        ItemPtr item = turns_.enter(take_waiting(), request);
        if (!item) continue;
        bytes += size;
        items.push_back(std::move(item));
    }
    return items;
}

void BulkSender::send(SteadyTime now) {
    const std::uint64_t number = next_request_++;
    auto items = next_batch(number);
    if (items.empty()) return;  // All wait for their turns.
    std::vector<document_index::Document> documents;
    documents.reserve(items.size());
    Request request;
    request.sent_at = now;
    for (const ItemPtr& item : items) {
        documents.push_back(document_of(*item, clock_.now()));
        request.bytes += documents.back().json.size();
    }
    documents_in_flight_ += items.size();
    request.items = std::move(items);
    requests_.emplace(number, std::move(request));
    index_.write(std::move(documents), [mailbox = mailbox_, number](auto outcomes) {
        mailbox->post(BulkCompletion{number, std::move(outcomes)});
    });
}

std::vector<BulkSender::Judged> BulkSender::complete(BulkCompletion completion) {
    auto node = requests_.extract(completion.request);
    if (node.empty()) return {};
    Request request = std::move(node.mapped());
    documents_in_flight_ -= request.items.size();
    const std::chrono::duration<double> took = clock_.steady_now() - request.sent_at;
    metrics_.observe_bulk(request.items.size(), request.bytes, took.count());
    if (!completion.outcomes)
        return fail_all(std::move(request.items), completion.outcomes.error());
    if (completion.outcomes->size() != request.items.size()) {
        return fail_all(
            std::move(request.items),
            Error(ErrorCode::internal,
                  "The index answered with " + std::to_string(completion.outcomes->size()) +
                      " outcomes for " + std::to_string(request.items.size()) + " documents."));
    }
    return judge_all(std::move(request.items), *completion.outcomes);
}

std::vector<BulkSender::Judged> BulkSender::fail_all(std::vector<ItemPtr> items,
                                                     const Error& error) {
    metrics_.count_failed_request();
    enter_trouble(error);
    window_.refused();
    std::vector<Judged> judged;
    for (ItemPtr& item : items) {
        judged.push_back({std::move(item), {Verdict::environment, 0, error.message}});
    }
    return judged;
}

std::vector<BulkSender::Judged> BulkSender::judge_all(
    std::vector<ItemPtr> items, std::vector<document_index::WriteOutcome>& outcomes) {
    std::vector<Judged> judged;
    const Judgement* blamed_on_environment = nullptr;
    bool is_refused = false;
    judged.reserve(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
        Judgement judgement = judge_item(*items[i], outcomes[i]);
        judged.push_back({std::move(items[i]), std::move(judgement)});
        const Judgement& last = judged.back().judgement;
        metrics_.count_item(last.verdict);
        if (last.verdict == Verdict::environment) blamed_on_environment = &last;
        is_refused |= last.verdict == Verdict::try_again;
    }
    if (blamed_on_environment) {
        enter_trouble(Error(ErrorCode::unavailable, blamed_on_environment->detail));
    } else {
        trouble_.reset();
        troubles_in_a_row_ = 0;
        not_before_ = {};
    }
    if (is_refused || blamed_on_environment) {
        window_.refused();
    } else {
        window_.succeeded();
    }
    count_successes(judged);
    count_failures(judged);
    return judged;
}

std::uint64_t& BulkSender::successes_on(std::string_view index) {
    const auto found = successes_.find(index);
    return found == successes_.end() ? successes_[std::string(index)] : found->second;
}

void BulkSender::count_successes(const std::vector<Judged>& judged) {
    for (const auto& [item, judgement] : judged) {
        // First, so that the neighbours in the same answer speak for the index.
        if (judgement.verdict == Verdict::try_again && item->failures == 0) {
            item->successes_before = successes_on(item->index());
        }
    }
    for (const auto& [item, judgement] : judged) {
        const Consequence consequence = consequence_of(judgement.verdict);
        if (consequence == Consequence::indexed || consequence == Consequence::duplicate) {
            ++successes_on(item->index());
        }
    }
}

void BulkSender::count_failures(std::vector<Judged>& judged) {
    std::map<std::string, std::size_t, std::less<>> failing;
    for (const auto& [item, judgement] : judged) {
        if (judgement.verdict != Verdict::try_again) continue;
        ++item->failures;
        ++failing[std::string(item->index())];
    }
    for (auto& [item, judgement] : judged) {
        if (judgement.verdict != Verdict::try_again ||
            item->failures < settings_.max_item_attempts) {
            continue;
        }
        const std::string_view index = item->index();
        if (!fails_alone(*item, failing.find(index)->second + failing_on(index))) continue;
        judgement.verdict = Verdict::retries_exhausted;
        judgement.detail =
            "Refused " + std::to_string(item->failures) +
            " times while other documents succeeded; the last time: " + judgement.detail;
        metrics_.count_item(judgement.verdict);
    }
}

bool BulkSender::fails_alone(const Item& item, std::size_t failing) const {
    const auto found = successes_.find(item.index());
    const std::uint64_t successes = found == successes_.end() ? 0 : found->second;
    return successes - item.successes_before >=
           failing * static_cast<std::uint64_t>(settings_.successes_per_failing_item);
}

std::size_t BulkSender::failing_on(std::string_view index) const {
    std::size_t failing = 0;
    for_each(
        [&](const Item& item) { failing += item.failures > 0 && item.index() == index ? 1U : 0U; });
    return failing;
}

void BulkSender::enter_trouble(const Error& error) {
    trouble_ = error;
    not_before_ = clock_.steady_now() + backoff_.wait_after(++troubles_in_a_row_);
}

void BulkSender::drop_waiting(const Predicate& matches) {
    turns_.drop(matches);
    std::erase_if(waiting_, [&](const ItemPtr& item) { return matches(*item); });
    std::erase_if(backing_off_, [&](const auto& entry) { return matches(*entry.second); });
    waiting_bytes_ = 0;
    for (const ItemPtr& item : waiting_) waiting_bytes_ += item->bytes();
}

void BulkSender::for_each(const DocumentTurns::Visitor& visit) const {
    turns_.for_each(visit);
    for (const ItemPtr& item : waiting_) visit(*item);
    for (const auto& [due, item] : backing_off_) visit(*item);
    for (const auto& [number, request] : requests_) {
        for (const ItemPtr& item : request.items) visit(*item);
    }
}

bool BulkSender::holds(const Predicate& matches) const {
    bool found = false;
    for_each([&](const Item& item) { found = found || matches(item); });
    return found;
}

std::optional<SteadyTime> BulkSender::next_due() const {
    std::optional<SteadyTime> due;
    if (!backing_off_.empty()) due = backing_off_.begin()->first;
    if (!waiting_.empty() && has_room()) due = std::min(due.value_or(first_due()), first_due());
    return due;
}

}  // namespace tributary::indexing
