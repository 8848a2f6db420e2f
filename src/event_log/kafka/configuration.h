#pragma once

#include <string>

#include "base/result.h"
#include "event_log/kafka/handles.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// Dead letters may have that much more than the record that they hold.
inline constexpr std::size_t kRoomForReasons = std::size_t{1} << 20;
/// What Kafka adds to a record and its batch, at most.
inline constexpr std::size_t kFraming = std::size_t{4} << 10;

/// The largest record that a topic takes: key, value and headers together.
std::size_t max_record_bytes(const KafkaLogSettings& settings, std::string_view topic);

/// How many produce requests may be under way to one broker.
std::size_t requests_in_flight(const KafkaLogSettings& settings);

/// librdkafka's configuration for one instance. The operator's properties come over our defaults,
/// and what our guarantees rest on over everything: to set that is `invalid_input`, as is a
/// property that librdkafka does not know.
Result<ConfHandle> producer_configuration(const KafkaLogSettings& settings);
Result<ConfHandle> reader_configuration(const KafkaLogSettings& settings, const std::string& group);
/// Reads without a group; asks, and makes topics.
Result<ConfHandle> inspector_configuration(const KafkaLogSettings& settings);

}  // namespace tributary::event_log::kafka
