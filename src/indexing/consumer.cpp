#include "indexing/consumer.h"

#include <algorithm>
#include <utility>

#include "tracing/trace_context.h"

namespace tributary::indexing {
namespace {

using std::chrono::milliseconds;

/// The longest that a turn may block.
constexpr milliseconds kLongestWait{100};
/// While answers are awaited, the log is looked at this often.
constexpr milliseconds kWaitForAnswers{2};

}  // namespace

Consumer::Consumer(IndexingSettings settings, const event::Catalog& catalog,
                   event_log::Writer& dead_letters, document_index::Writer& index,
                   telemetry::Metrics& metrics, telemetry::Log& log, tracing::Tracer& tracer,
                   const Clock& clock)
    : settings_(settings),
      dead_letters_(dead_letters),
      index_(index),
      log_(log),
      clock_(clock),
      metrics_(metrics),
      item_maker_(catalog, usage_),
      bulk_(settings_, index, mailbox_, metrics_, clock),
      letters_(settings_, dead_letters, mailbox_, clock),
      spans_(tracer),
      last_turn_(clock.steady_now()),
      trouble_(Error(ErrorCode::unavailable, "The consumer has not started yet.")) {
}

void Consumer::run(event_log::Reader& reader, std::stop_token stop) {
    while (!stop.stop_requested()) turn(reader);
    finish(reader);
}

void Consumer::turn(event_log::Reader& reader) {
    reader_ = &reader;
    beat();
    read(reader);
    work();
    commit_if_due();
    update_pauses(reader);
    publish(reader);
}

void Consumer::finish(event_log::Reader& reader) {
    reader_ = &reader;
    {
        const std::scoped_lock lock(mutex_);
        trouble_ = Error(ErrorCode::shutting_down, "The consumer is shutting down.");
    }
    reader.close();
    reader_ = nullptr;
}

void Consumer::read(event_log::Reader& reader) {
    note_fullness();
    if (is_full_for_a_moment()) {
        mailbox_->wait(std::min(kWaitForAnswers, longest_wait()));
        return;
    }
    // The log cannot wake us for an answer, so while some are awaited it is only looked at.
    const bool is_waiting = bulk_.is_in_flight() || letters_.is_in_flight();
    auto records = reader.poll(is_waiting ? milliseconds(0) : longest_wait(), records_wanted());
    if (!records) {
        if (!read_trouble_) log_.warn("The log cannot be read; trying again.", records.error());
        read_trouble_ = records.error();
        mailbox_->wait(longest_wait());
        return;
    }
    read_trouble_.reset();
    if (records->empty() && is_waiting) mailbox_->wait(std::min(kWaitForAnswers, longest_wait()));
    std::size_t bytes = 0;
    for (const event_log::Record& record : *records) bytes += record.value.size();
    if (!records->empty()) bytes_per_record_ = bytes / records->size() + 1;
    for (event_log::Record& record : *records) take(std::move(record));
}

milliseconds Consumer::longest_wait() const {
    const SteadyTime now = clock_.steady_now();
    SteadyTime due = now + kLongestWait;
    if (const auto bulk = bulk_.next_due()) due = std::min(due, *bulk);
    if (const auto letters = letters_.next_due()) due = std::min(due, *letters);
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(due - now));
}

/// As many as memory has room for, judged by the last ones.
std::size_t Consumer::records_wanted() const {
    const auto left = [](std::size_t limit, std::size_t used) {
        return limit - std::min(limit, used);
    };
    const std::size_t by_bytes =
        left(settings_.max_buffered_bytes, usage_.bytes) / bytes_per_record_;
    const std::size_t by_count = left(settings_.max_buffered_records, usage_.records);
    return std::clamp<std::size_t>(std::min(by_bytes, by_count), 1, settings_.max_batch_documents);
}

void Consumer::take(event_log::Record record) {
    const event_log::TopicPartition partition(record.topic, record.partition);
    OwnedPartition* owned = partitions_.find(partition);
    if (!owned || owned->is_draining || !owned->refusal.empty()) return;
    if (!owned->progress.take(record.offset)) {
        log_.warn("The log went back before what was read; counting begins anew.",
                  {{"kafka.topic", partition.topic},
                   {"kafka.partition", partition.partition},
                   {"kafka.offset", record.offset}});
        forget(partition);
        owned = &partitions_.restart(partition, record.offset);
        static_cast<void>(owned->progress.take(record.offset));
    }
    ItemPtr item = item_maker_.make(std::move(record), owned->assignment);
    item->taken_at = last_turn_.load(std::memory_order_relaxed);
    if (!item->letter) {
        bulk_.add(std::move(item));
        return;
    }
    metrics_.count_item(item->letter->judgement.verdict);
    write_letter(std::move(item));
}

void Consumer::work() {
    for (Completion& completion : mailbox_->take()) {
        if (auto* bulk = std::get_if<BulkCompletion>(&completion)) {
            for (auto& [item, judgement] : bulk_.complete(std::move(*bulk))) {
                settle(std::move(item), std::move(judgement));
            }
        } else {
            auto& letters = std::get<LetterCompletion>(completion);
            // Written; the letter's own document follows.
            for (ItemPtr& item : letters_.complete(std::move(letters))) bulk_.add(std::move(item));
        }
    }
    spans_.end_turn();
    letters_.send_due();
    bulk_.send_due();
}

void Consumer::settle(ItemPtr item, Judgement judgement) {
    OwnedPartition* owned =
        partitions_.find({item->record.topic, item->record.partition}, item->assignment);
    if (!owned) return;  // No longer ours: whoever owns it now reads it again.
    if (item->letter) {
        settle_letter(*owned, std::move(item), judgement);
        return;
    }
    switch (consequence_of(judgement.verdict)) {
        case Consequence::indexed:
            if (judgement.verdict == Verdict::created) {
                const std::chrono::duration<double> took = clock_.now() - item->received_at;
                metrics_.observe_latency(std::max(0.0, took.count()));
                created_(*item);
            }
            end(*owned, *item, Fate::indexed, judgement.verdict);
            return;
        case Consequence::duplicate: end(*owned, *item, Fate::duplicate, judgement.verdict); return;
        case Consequence::dead_letter: {
            item->letter = std::make_unique<DeadLetter>();
            item->letter->event_id = item->stored.event.id;
            item->letter->judgement = std::move(judgement);
            item->failures = 0;
            write_letter(std::move(item));
            return;
        }
        case Consequence::retry:
            if (!owned->is_draining) bulk_.retry(std::move(item));
            return;
        case Consequence::wait:
            if (!owned->is_draining) bulk_.requeue(std::move(item));
            return;
    }
}

/// The letter itself is safe in the log; its document is for people to find it.
void Consumer::settle_letter(OwnedPartition& owned, ItemPtr item, const Judgement& judgement) {
    switch (consequence_of(judgement.verdict)) {
        case Consequence::retry: bulk_.retry(std::move(item)); return;
        case Consequence::wait: bulk_.requeue(std::move(item)); return;
        case Consequence::dead_letter:
            log_.error("A dead letter lies in the log, but its document was refused.",
                       {{"kafka.topic", owned.partition.topic},
                        {"kafka.partition", owned.partition.partition},
                        {"kafka.offset", item->record.offset},
                        {"error.code", std::to_string(judgement.status)},
                        {"error.type", to_string(judgement.verdict)}});
            break;
        case Consequence::indexed:
        case Consequence::duplicate: break;
    }
    metrics_.count_dead_letter(item->letter->judgement.verdict);
    end(owned, *item, Fate::dead_lettered, item->letter->judgement.verdict);
}

void Consumer::write_letter(ItemPtr item) {
    item->turn = {};  // Whoever shares its id may try.
    const Judgement& judgement = item->letter->judgement;
    // Not the detail, which may quote the event; the letter has it.
    log_.warn("A record becomes a dead letter.", {{"event.id", item->letter->event_id},
                                                  {"error.code", std::to_string(judgement.status)},
                                                  {"error.type", to_string(judgement.verdict)},
                                                  {"kafka.topic", item->record.topic},
                                                  {"kafka.partition", item->record.partition},
                                                  {"kafka.offset", item->record.offset}});
    letters_.add(std::move(item));
}

void Consumer::end(OwnedPartition& owned, const Item& item, Fate fate, Verdict verdict) {
    owned.progress.finish(item.record.offset, fate);
    if (item.is_sampled) follow(item, fate, verdict);
}

void Consumer::follow(const Item& item, Fate fate, Verdict verdict) {
    const bool is_letter = fate == Fate::dead_lettered;
    spans_.add(item, is_letter ? to_string(verdict) : std::string_view());
    const char* message = is_letter                 ? "An event became a dead letter."
                          : fate == Fate::duplicate ? "An event was in the index already."
                                                    : "An event was indexed.";
    log_.info(message, {{"event.action", "index"},
                        {"event.id", item.event_id()},
                        {"event.outcome", is_letter ? "failure" : "success"},
                        {"event.reason", to_string(verdict)},
                        {"trace.id", tracing::trace_id_of(item.traceparent())},
                        {"kafka.topic", item.record.topic},
                        {"kafka.partition", item.record.partition},
                        {"kafka.offset", item.record.offset}});
}

void Consumer::note_fullness() {
    const bool is_full = usage_.records >= settings_.max_buffered_records ||
                         usage_.bytes >= settings_.max_buffered_bytes;
    if (!is_full) {
        full_since_.reset();
    } else if (!full_since_) {
        full_since_ = clock_.steady_now();
    }
}

/// Pausing a partition costs a client of Kafka what it has fetched ahead, and time until it fetches
/// again: too much for a buffer that has room again within milliseconds.
bool Consumer::is_full_for_a_moment() const {
    return full_since_ && !is_pausing_for_memory_ &&
           clock_.steady_now() - *full_since_ < settings_.max_full_wait;
}

bool Consumer::pauses_for_memory() {
    const bool is_full_for_long =
        full_since_ && clock_.steady_now() - *full_since_ >= settings_.max_full_wait;
    const bool is_below_half = usage_.records <= settings_.max_buffered_records / 2 &&
                               usage_.bytes <= settings_.max_buffered_bytes / 2;
    is_pausing_for_memory_ = is_full_for_long || (is_pausing_for_memory_ && !is_below_half);
    return is_pausing_for_memory_;
}

/// Records that share an id with one that the index does not take would fill the memory and stop
/// all partitions. Theirs stops before, and goes on below half of its share.
bool Consumer::pauses_for_turns(const OwnedPartition& owned) const {
    const auto& waiting = bulk_.waiting_for_turns();
    const auto found = waiting.find(owned.assignment);
    if (found == waiting.end()) return false;
    const std::size_t parts = waiting.size() * (owned.is_paused ? 4 : 2);
    return found->second.records >= settings_.max_buffered_records / parts ||
           found->second.bytes >= settings_.max_buffered_bytes / parts;
}

void Consumer::update_pauses(event_log::Reader& reader) {
    const bool pauses_all = pauses_for_memory() || bulk_.trouble().has_value();
    const auto troubled = letters_.troubled_assignments();
    std::vector<event_log::TopicPartition> to_pause;
    std::vector<event_log::TopicPartition> to_resume;
    for (auto& [partition, owned] : partitions_.all()) {
        const bool pauses = pauses_all || !owned.refusal.empty() ||
                            troubled.contains(owned.assignment) || pauses_for_turns(owned) ||
                            owned.progress.uncommittable() >= settings_.max_uncommitted_records;
        if (pauses == owned.is_paused) continue;
        owned.is_paused = pauses;
        (pauses ? to_pause : to_resume).push_back(partition);
    }
    if (!to_pause.empty()) reader.pause(to_pause);
    if (!to_resume.empty()) reader.resume(to_resume);
}

}  // namespace tributary::indexing
