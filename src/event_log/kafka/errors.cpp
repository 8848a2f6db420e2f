#include "event_log/kafka/errors.h"

#include <fmt/format.h>

namespace tributary::event_log::kafka {

ErrorCode code_of(rd_kafka_resp_err_t error) {
    switch (error) {
        case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
        case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION: return ErrorCode::not_found;
        case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
        case RD_KAFKA_RESP_ERR_INVALID_RECORD:
        case RD_KAFKA_RESP_ERR_OFFSET_METADATA_TOO_LARGE:
        case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
        case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
        case RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR:
        case RD_KAFKA_RESP_ERR_INVALID_CONFIG:
        case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
        case RD_KAFKA_RESP_ERR__INVALID_ARG: return ErrorCode::invalid_input;
        case RD_KAFKA_RESP_ERR__QUEUE_FULL:
        case RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED: return ErrorCode::retry_later;
        case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
        case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
        case RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
        case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
        case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS: return ErrorCode::conflict;
        default: return ErrorCode::unavailable;
    }
}

Error error_of(rd_kafka_resp_err_t error, std::string_view attempt, std::string_view detail) {
    const std::string_view text = detail.empty() ? rd_kafka_err2str(error) : detail;
    return {code_of(error), fmt::format("{}: {}.", attempt, text)};
}

Error missing_topic(std::string_view topic) {
    return {ErrorCode::not_found,
            fmt::format("There is no topic '{}' in Kafka; `tributary topics create` makes what is "
                        "missing.",
                        topic)};
}

Error no_answer(std::string_view bootstrap_servers, std::string_view why) {
    return {ErrorCode::unavailable,
            fmt::format("No broker of {} answers; is Kafka running there?{}{}{}", bootstrap_servers,
                        why.empty() ? "" : " (", why, why.empty() ? "" : ")")};
}

}  // namespace tributary::event_log::kafka
