#include <utility>

#include "indexing/consumer.h"

/// What the Consumer tells others about itself.
namespace tributary::indexing {

void Consumer::beat() {
    last_turn_.store(clock_.steady_now(), std::memory_order_relaxed);
}

bool Consumer::is_live() const {
    const SteadyTime last = last_turn_.load(std::memory_order_relaxed);
    return clock_.steady_now() - last <= settings_.max_turn;
}

std::optional<Error> Consumer::find_trouble() const {
    if (const auto& trouble = bulk_.trouble()) {
        return Error(trouble->code,
                     "The index takes no documents; partitions are paused, and it "
                     "is tried again: " +
                         trouble->message);
    }
    if (const auto trouble = letters_.trouble()) {
        return Error(trouble->code,
                     "Dead letters cannot be written; their partitions are paused, and it is "
                     "tried again: " +
                         trouble->message);
    }
    for (const auto& [partition, owned] : partitions_.all()) {
        if (!owned.refusal.empty()) return Error(ErrorCode::invalid_input, owned.refusal);
    }
    if (read_trouble_) return read_trouble_;
    if (group_trouble_) return group_trouble_;
    return commit_trouble_;
}

void Consumer::publish(const event_log::Reader& reader) {
    metrics_.set_load(usage_, bulk_.documents_in_flight());
    const std::uint64_t replacements = reader.replacements();
    metrics_.count_reader_replacements(replacements -
                                       std::exchange(reader_replacements_, replacements));
    const auto group = reader.ready();
    group_trouble_ = group ? std::nullopt : std::optional(group.error());
    auto trouble = find_trouble();
    const std::scoped_lock lock(mutex_);
    if (trouble && !trouble_) log_.warn("Records cannot be worked off.", *trouble);
    if (!trouble && trouble_) log_.info("Records are worked off.");
    trouble_ = std::move(trouble);
    positions_.clear();
    for (const auto& [partition, owned] : partitions_.all()) {
        positions_.emplace(partition, owned.progress.offset());
    }
}

Result<void> Consumer::ready() const {
    {
        const std::scoped_lock lock(mutex_);
        if (trouble_) return std::unexpected(*trouble_);
    }
    if (auto index = index_.ready(); !index) return index;
    return dead_letters_.ready();
}

std::map<event_log::TopicPartition, std::int64_t> Consumer::positions() const {
    const std::scoped_lock lock(mutex_);
    return positions_;
}

}  // namespace tributary::indexing
