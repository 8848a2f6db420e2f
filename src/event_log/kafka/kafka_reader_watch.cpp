#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include "event_log/kafka/kafka_reader.h"
#include "event_log/kafka/watermarks.h"

/// When a reader leaves its client for a new one: librdkafka never says that a client fetches no
/// more, and 2.0.2 has known ways to get there (a broker that comes back in the wrong moment).
namespace tributary::event_log::kafka {
namespace {

constexpr std::chrono::milliseconds kEndsWithin{500};
constexpr int kLooks = 4;  // Within the time that is a standstill.

}  // namespace

void KafkaReader::note(const TopicPartition& partition, std::int64_t next) {
    const auto place = owned_.find(partition);
    if (place != owned_.end()) place->second = {next, std::nullopt};
}

Result<void> KafkaReader::check_client() {
    auto reason = fatal_error();
    if (reason.empty()) reason = standstill();
    if (reason.empty()) return {};
    return replace_client(reason);
}

std::string KafkaReader::fatal_error() const {
    std::array<char, 512> text{};
    const auto error = rd_kafka_fatal_error(client_->get(), text.data(), text.size());
    return error == RD_KAFKA_RESP_ERR_NO_ERROR
               ? std::string()
               : fmt::format("it failed for good ({}: {})", rd_kafka_err2name(error), text.data());
}

/// Nothing has come just now, so nothing waits in the client: what lies in the log and does not
/// come for long is not being fetched. A broker that does not answer is another matter.
std::string KafkaReader::standstill() {
    const SteadyTime now = clock_.steady_now();
    if (now < look_at_ || unanswered_ > 0) return {};
    look_at_ = now + settings_.standstill / kLooks;
    std::vector<TopicPartition> read;
    for (const auto& [partition, place] : owned_) {
        if (!paused_.contains(partition)) read.push_back(partition);
    }
    if (read.empty()) return {};
    const auto ends = ends_of(client_->get(), read, kEndsWithin);
    if (!ends) return {};
    for (const auto& [partition, end] : *ends) {
        auto& place = owned_.at(partition);
        if (end <= place.next) {
            place.behind_since.reset();
        } else if (!place.behind_since) {
            place.behind_since = now;
        } else if (now - *place.behind_since >= settings_.standstill) {
            return fmt::format("{}/{} has records from offset {} to {}, and for {} ms none came",
                               partition.topic, partition.partition, place.next, end,
                               settings_.standstill.count());
        }
    }
    return {};
}

/// In order, so that the group does not wait for the member that was; its partitions come back with
/// what is committed.
Result<void> KafkaReader::replace_client(const std::string& reason) {
    const auto text = fmt::format("Kafka's client is replaced: {}.", reason);
    if (settings_.log) settings_.log(4, text);
    leave();
    pending_.reset();
    trouble_.reset();
    destroy_within(std::move(client_), std::chrono::milliseconds(0));
    return fail(ErrorCode::unavailable, text);
}

}  // namespace tributary::event_log::kafka
