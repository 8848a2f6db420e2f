#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// Looks at Kafka through one client, which calls take in turn. It joins no group.
class KafkaInspector final : public Inspector {
public:
    KafkaInspector(KafkaLogSettings settings, const Clock& clock)
        : settings_(std::move(settings)), clock_(clock) {}
    ~KafkaInspector() override;

    Result<std::vector<TopicPartition>> partitions(const std::string& topic) override;
    Result<Range> range(const TopicPartition& partition) override;
    Result<CommittedOffset> committed(const std::string& group,
                                      const TopicPartition& partition) override;
    Result<std::vector<Record>> read(const TopicPartition& partition, std::int64_t offset,
                                     std::size_t max_records) override;
    Result<std::string> engine() override;

private:
    // Under the lock.
    Result<rd_kafka_t*> connect();
    Result<std::vector<TopicPartition>> find_partitions(const std::string& topic);
    Result<Range> find_range(const TopicPartition& partition);
    Result<std::vector<Record>> fetch(std::int64_t end, std::size_t max_records);
    [[nodiscard]] int timeout() const {
        return static_cast<int>(settings_.request_timeout.count());
    }

    const KafkaLogSettings settings_;
    const Clock& clock_;
    std::mutex mutex_;
    std::unique_ptr<Client> client_;
};

}  // namespace tributary::event_log::kafka
