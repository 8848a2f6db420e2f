#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/watermarks.h"

/// What is done about a client that reads no more, for whatever reason.
namespace tributary::event_log::kafka {
namespace {

/// A leader answers only after the fetch that waits at it, which takes half a second by default.
constexpr std::chrono::milliseconds kEndsWithin{1'500};
constexpr std::chrono::milliseconds kAskAgainAfter{2'000};
/// A client that fails as soon as it is made must not be made all the time.
constexpr std::chrono::milliseconds kConnectAfter{1'000};
constexpr int kMostDoublings = 6;

bool is_same_partition(const Record& one, const Record& other) {
    return one.partition == other.partition && one.topic == other.topic;
}

/// Why librdkafka will never do anything again; empty where it will.
std::string fatal_error_of(rd_kafka_t* client) {
    std::array<char, 512> reason{};
    const auto error = rd_kafka_fatal_error(client, reason.data(), reason.size());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return "";
    return fmt::format("Kafka's client failed for good ({}).", reason.data());
}

}  // namespace

/// Only silence while somebody listens counts: not time without a poll, and not time in which more
/// was there than was wanted, since a partition's records may lie behind those of others.
void KafkaReader::note_deliveries(std::size_t max_records) {
    const auto now = clock_.steady_now();
    const bool was_dry = collected_.size() < max_records &&
                         now - std::exchange(polled_at_, now) < settings_.reader_standstill / 2;
    if (!collected_.empty()) replaced_in_vain_ = 0;
    for (std::size_t i = 0; i < collected_.size(); ++i) {
        const auto& record = collected_[i];
        if (i + 1 < collected_.size() && is_same_partition(record, collected_[i + 1])) continue;
        const auto found = owned_.find({record.topic, record.partition});
        if (found != owned_.end()) found->second = {record.offset + 1, now};
    }
    if (was_dry) return;
    for (auto& [partition, delivery] : owned_) delivery.since = now;
}

std::string KafkaReader::why_useless() {
    auto reason = fatal_error_of(client_->get());
    return reason.empty() ? find_standstill() : reason;
}

std::vector<TopicPartition> KafkaReader::silent_for(std::chrono::milliseconds patience) const {
    std::vector<TopicPartition> silent;
    const auto now = clock_.steady_now();
    for (const auto& [partition, delivery] : owned_) {
        const bool may_speak = !paused_.contains(partition);
        if (may_speak && now - delivery.since >= patience) silent.push_back(partition);
    }
    const auto since = [this](const auto& partition) { return owned_.at(partition).since; };
    std::ranges::sort(silent, {}, since);
    return silent;
}

/// One question per poll, for all that are silent. Where one of them has no leader it fails: then
/// they are asked one by one, since that one must not hide the others.
std::string KafkaReader::find_standstill() {
    if (clock_.steady_now() < ask_ends_at_) return "";
    const auto patience =
        settings_.reader_standstill * (1 << std::min(replaced_in_vain_, kMostDoublings));
    auto silent = silent_for(patience);
    if (silent.empty()) {
        asks_one_by_one_ = false;
        return "";
    }
    if (asks_one_by_one_) silent.resize(1);
    const auto ends = ends_of(client_->get(), silent, kEndsWithin);
    polled_at_ = clock_.steady_now();  // This time was not the caller's.
    if (!ends) {
        ask_ends_at_ = clock_.steady_now() + kAskAgainAfter;
        if (!std::exchange(asks_one_by_one_, true)) return "";
    }
    for (std::size_t i = 0; i < silent.size(); ++i) {
        auto& delivery = owned_.at(silent[i]);
        delivery.since = clock_.steady_now();
        if (!ends) continue;
        // What came during the question is on its way; only what was there at the last one is late.
        const auto owed = std::exchange(delivery.owed, (*ends)[i]);
        if (owed <= delivery.next) continue;
        return fmt::format(
            "Kafka's client delivered nothing of {}/{} for {} s, though {} records wait there.",
            silent[i].topic, silent[i].partition,
            std::chrono::duration_cast<std::chrono::seconds>(patience).count(),
            owed - delivery.next);
    }
    return "";
}

/// The old client may hang: it ends on a thread of its own, and its place in the group with its
/// session. Nothing is committed, so what was not is read again.
Error KafkaReader::replace(const std::string& reason) {
    if (settings_.log) {
        settings_.log(4,
                      fmt::format("The reader of the group '{}' is replaced: {}", group_, reason));
    }
    ++replacements_;
    ++replaced_in_vain_;
    Error error(ErrorCode::unavailable,
                fmt::format("{} It is replaced, and the group '{}' joined anew.", reason, group_));
    unsettled_ = error;
    trouble_.reset();
    unanswered_ = 0;
    connect_at_ = clock_.steady_now() + kConnectAfter;
    give_up(true);
    destroy_within(std::move(client_), std::chrono::milliseconds(0));
    return error;
}

}  // namespace tributary::event_log::kafka
