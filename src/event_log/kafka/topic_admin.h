#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// Makes topics and looks for them; see `KafkaLog`. One connection, for one command.
class TopicAdmin {
public:
    static Result<TopicAdmin> open(const KafkaLogSettings& settings, const Clock& clock);

    Result<std::vector<TopicCreation>> create(const std::vector<std::string>& topics,
                                              const TopicPlan& plan);
    Result<std::vector<std::string>> missing(const std::vector<std::string>& topics);

private:
    TopicAdmin(const KafkaLogSettings& settings, const Clock& clock, std::unique_ptr<Client> client)
        : settings_(settings), clock_(clock), client_(std::move(client)) {}

    Result<MetadataHandle> ask();
    Result<void> describe(std::vector<TopicCreation>& topics);
    Result<std::vector<std::string>> absent(std::vector<std::string> names);
    Result<void> wait_for(const std::vector<TopicCreation>& topics);

    const KafkaLogSettings& settings_;
    const Clock& clock_;
    std::unique_ptr<Client> client_;
};

}  // namespace tributary::event_log::kafka
