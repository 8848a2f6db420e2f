#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/watermarks.h"

/// What is done about a client that reads no more, for whatever reason.
namespace tributary::event_log::kafka {
namespace {

constexpr std::chrono::milliseconds kRangeWithin{500};
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

/// At most one question per poll. Where the leader does not answer nothing is known, and the next
/// poll that is due asks again.
std::string KafkaReader::find_standstill() {
    const auto now = clock_.steady_now();
    const auto patience =
        settings_.reader_standstill * (1 << std::min(replaced_in_vain_, kMostDoublings));
    if (now < ask_range_at_) return "";
    for (auto& [partition, delivery] : owned_) {
        if (paused_.contains(partition) || now - delivery.since < patience) continue;
        const auto range = range_of(client_->get(), partition, kRangeWithin);
        if (!range) {
            ask_range_at_ = clock_.steady_now() + kAskAgainAfter;
            return "";
        }
        delivery.since = now;
        if (range->end <= delivery.next) return "";
        return fmt::format(
            "Kafka's client delivered nothing of {}/{} for {} s, though {} records wait there.",
            partition.topic, partition.partition,
            std::chrono::duration_cast<std::chrono::seconds>(patience).count(),
            range->end - delivery.next);
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
