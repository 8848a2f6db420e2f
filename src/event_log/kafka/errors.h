#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "event_log/kafka/handles.h"

namespace tributary::event_log::kafka {

/// What the caller should do about an error of Kafka's. Everything that is not the caller's own
/// fault, nor a conflict, is `unavailable`.
ErrorCode code_of(rd_kafka_resp_err_t error);

/// `attempt` is what was tried, as the beginning of a sentence: "The topic 'orders' could not be
/// read". `detail` is librdkafka's own text where it has one.
Error error_of(rd_kafka_resp_err_t error, std::string_view attempt, std::string_view detail = {});

/// Says which command makes it.
Error missing_topic(std::string_view topic);

/// That no broker answers, and `why` unless it is empty.
Error no_answer(std::string_view bootstrap_servers, std::string_view why);

}  // namespace tributary::event_log::kafka
