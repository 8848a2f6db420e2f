#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "event_log/kafka/client.h"
#include "event_log/kafka/kafka_log.h"

namespace tributary::event_log::kafka {

/// A file descriptor that librdkafka or a thread makes readable.
class EventFd {
public:
    EventFd();
    EventFd(const EventFd&) = delete;
    EventFd& operator=(const EventFd&) = delete;
    ~EventFd();
    void raise() const;
    void clear() const;
    [[nodiscard]] int get() const { return fd_; }

private:
    int fd_;
};

/// One idempotent producer. It ends with its first fatal error; a writer then opens another.
/// Thread-safe, except that one thread takes the events.
class ProducerSession {
public:
    static Result<std::shared_ptr<ProducerSession>> open(const KafkaLogSettings& settings);
    /// Waits for librdkafka's threads; see `destroy_within`.
    ~ProducerSession();
    ProducerSession(const ProducerSession&) = delete;
    ProducerSession& operator=(const ProducerSession&) = delete;

    /// Owned by the session. Not thread-safe: the writer's lock guards it.
    rd_kafka_topic_t* topic(const std::string& name);

    /// Hands a record over without copying its value; `record` must live until the report about
    /// `opaque` has come. Never blocks.
    rd_kafka_resp_err_t produce(rd_kafka_topic_t* topic, std::int32_t partition,
                                const NewRecord& record, void* opaque);

    struct TopicAnswer {
        std::string topic;
        rd_kafka_resp_err_t error = RD_KAFKA_RESP_ERR_NO_ERROR;
        std::int32_t partitions = 0;
        std::set<std::int32_t> leaders;  ///< The brokers that lead them.
    };
    /// Asks a broker about all topics of this session. Blocks, at most `limit`.
    Result<std::vector<TopicAnswer>> ask(std::chrono::milliseconds limit);

    /// Readable when there are events. On each wake-up: `clear_signal`, then `next_event` until it
    /// is empty.
    [[nodiscard]] int fd() const { return signal_.get(); }
    void clear_signal() const { signal_.clear(); }
    EventHandle next_event();

    /// Gives up everything; reports follow for what was waiting and what is under way, as soon as
    /// librdkafka's threads turn to it. Does not wait for them.
    void purge();

    /// Lives as long as librdkafka may read it.
    void keep(std::shared_ptr<void> object) { kept_ = std::move(object); }

    /// For tests, which make it fail.
    [[nodiscard]] rd_kafka_t* native() const { return client_->get(); }

private:
    explicit ProducerSession(std::unique_ptr<Client> client);

    std::shared_ptr<void> kept_;
    EventFd signal_;
    std::unique_ptr<Client> client_;
    QueueHandle events_;
    std::map<std::string, TopicHandle> topics_;
};

}  // namespace tributary::event_log::kafka
