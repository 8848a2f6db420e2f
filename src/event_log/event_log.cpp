#include "event_log/event_log.h"

#include <cstring>

namespace tributary::event_log {
namespace {

/// MurmurHash2 with Kafka's seed, as its Java client computes it (little-endian words).
std::uint32_t murmur2(std::string_view key) {
    constexpr std::uint32_t kSeed = 0x9747b28c;
    constexpr std::uint32_t kMultiplier = 0x5bd1e995;
    constexpr int kShift = 24;

    auto hash = kSeed ^ static_cast<std::uint32_t>(key.size());
    while (key.size() >= 4) {
        std::uint32_t word = 0;
        std::memcpy(&word, key.data(), sizeof word);
        word *= kMultiplier;
        word ^= word >> kShift;
        word *= kMultiplier;
        hash = (hash * kMultiplier) ^ word;
        key.remove_prefix(4);
    }
    for (std::size_t i = key.size(); i > 0; --i) {
        hash ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i - 1])) << (8 * (i - 1));
    }
    if (!key.empty()) hash *= kMultiplier;
    hash ^= hash >> 13;
    hash *= kMultiplier;
    hash ^= hash >> 15;
    return hash;
}

}  // namespace

std::string_view Record::header(std::string_view name) const {
    for (auto header = headers.rbegin(); header != headers.rend(); ++header) {
        if (header->name == name) return header->value;
    }
    return {};
}

Result<void> for_each_record(Inspector& log, const std::string& topic,
                             const std::function<Result<void>(Record)>& visit) {
    constexpr std::size_t kRecordsPerPage = 500;
    const auto partitions = log.partitions(topic);
    if (!partitions && partitions.error().code == ErrorCode::not_found) return {};
    if (!partitions) return std::unexpected(partitions.error());
    for (const TopicPartition& partition : *partitions) {
        const auto range = log.range(partition);
        if (!range) return std::unexpected(range.error());
        std::int64_t next = range->first;
        while (next < range->end) {
            auto page = log.read(partition, next, kRecordsPerPage);
            if (!page) return std::unexpected(page.error());
            if (page->empty()) break;
            next = page->back().offset + 1;
            for (Record& record : *page) {
                if (auto visited = visit(std::move(record)); !visited) return visited;
            }
        }
    }
    return {};
}

std::int32_t partition_for_key(std::string_view key, std::int32_t partitions) {
    return static_cast<std::int32_t>(murmur2(key) & 0x7fffffffU) % partitions;
}

std::string dead_letter_topic(std::string_view topic) {
    return std::string(topic) + ".dlq";
}

std::string dead_letter_actions_topic(std::string_view topic) {
    return std::string(topic) + ".dlq.actions";
}

}  // namespace tributary::event_log
