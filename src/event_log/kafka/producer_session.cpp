#include "event_log/kafka/producer_session.h"

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

#include "event_log/kafka/configuration.h"
#include "event_log/kafka/errors.h"

namespace tributary::event_log::kafka {
namespace {

constexpr std::uint64_t kOne = 1;

/// librdkafka never writes to what it is given; its signatures are older than its manners.
void* bytes_of(const std::string& text) {
    return const_cast<char*>(text.data());  // NOLINT: see above.
}

HeadersHandle headers_of(const NewRecord& record) {
    HeadersHandle headers(rd_kafka_headers_new(record.headers.size()));
    for (const auto& header : record.headers) {
        rd_kafka_header_add(headers.get(), header.name.data(),
                            static_cast<ssize_t>(header.name.size()), header.value.data(),
                            static_cast<ssize_t>(header.value.size()));
    }
    return headers;
}

}  // namespace

EventFd::EventFd() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
}

EventFd::~EventFd() {
    if (fd_ >= 0) ::close(fd_);
}

void EventFd::raise() const {
    // Fails only when it is raised already.
    [[maybe_unused]] const auto written = ::write(fd_, &kOne, sizeof kOne);
}

void EventFd::clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
}

Result<std::shared_ptr<ProducerSession>> ProducerSession::open(const KafkaLogSettings& settings) {
    auto configuration = producer_configuration(settings);
    if (!configuration) return std::unexpected(configuration.error());
    rd_kafka_conf_set_events(configuration->get(), RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
    auto client = Client::open(RD_KAFKA_PRODUCER, std::move(*configuration), {settings.log, {}});
    if (!client) return std::unexpected(client.error());
    std::shared_ptr<ProducerSession> session(new ProducerSession(std::move(*client)));
    if (session->fd() >= 0) return session;
    return fail(ErrorCode::unavailable, "This process has no file descriptors left for Kafka.");
}

ProducerSession::ProducerSession(std::unique_ptr<Client> client)
    : client_(std::move(client)), events_(rd_kafka_queue_get_main(client_->get())) {
    rd_kafka_queue_io_event_enable(events_.get(), signal_.get(), &kOne, sizeof kOne);
    // Only an event that comes into an empty queue is signalled, and this one may have some
    // already: of a broker that is down.
    signal_.raise();
}

ProducerSession::~ProducerSession() {
    rd_kafka_queue_io_event_enable(events_.get(), -1, nullptr, 0);
}

rd_kafka_topic_t* ProducerSession::topic(const std::string& name) {
    auto& handle = topics_[name];
    if (!handle) handle.reset(rd_kafka_topic_new(client_->get(), name.c_str(), nullptr));
    return handle.get();
}

rd_kafka_resp_err_t ProducerSession::produce(rd_kafka_topic_t* topic, std::int32_t partition,
                                             const NewRecord& record, void* opaque) {
    std::array<rd_kafka_vu_t, 6> arguments{};
    std::size_t count = 0;
    const auto next = [&](rd_kafka_vtype_t type) -> auto& {
        arguments[count].vtype = type;
        return arguments[count++].u;
    };
    next(RD_KAFKA_VTYPE_RKT).rkt = topic;
    next(RD_KAFKA_VTYPE_PARTITION).i32 = partition;
    next(RD_KAFKA_VTYPE_VALUE).mem = {bytes_of(record.value), record.value.size()};
    next(RD_KAFKA_VTYPE_OPAQUE).ptr = opaque;
    // "No key" is null in Kafka; librdkafka copies the key of others.
    if (!record.key.empty()) {
        next(RD_KAFKA_VTYPE_KEY).mem = {bytes_of(record.key), record.key.size()};
    }
    HeadersHandle headers;
    if (!record.headers.empty()) {
        headers = headers_of(record);
        next(RD_KAFKA_VTYPE_HEADERS).headers = headers.get();
    }
    const ErrorHandle error(rd_kafka_produceva(client_->get(), arguments.data(), count));
    if (error) return rd_kafka_error_code(error.get());
    // The record owns them now.
    static_cast<void>(headers.release());  // NOLINT(bugprone-unused-return-value)
    return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<std::vector<ProducerSession::TopicAnswer>> ProducerSession::ask(
    std::chrono::milliseconds limit) {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto error =
        rd_kafka_metadata(client_->get(), 0, nullptr, &raw, static_cast<int>(limit.count()));
    const MetadataHandle metadata(raw);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR) {
        const std::string why = client_->last_failure();
        return fail(ErrorCode::unavailable, why.empty() ? rd_kafka_err2str(error) : why);
    }
    std::vector<TopicAnswer> answers;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
        const auto& topic = metadata->topics[i];
        auto& answer = answers.emplace_back();
        answer.topic = topic.topic;
        answer.error = topic.err;
        answer.partitions = topic.partition_cnt;
        for (int j = 0; j < topic.partition_cnt; ++j) {
            if (topic.partitions[j].leader >= 0) answer.leaders.insert(topic.partitions[j].leader);
        }
    }
    return answers;
}

EventHandle ProducerSession::next_event() {
    return EventHandle(rd_kafka_queue_poll(events_.get(), 0));
}

void ProducerSession::purge() {
    // One of them may be busy with a name that does not resolve.
    rd_kafka_purge(client_->get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT |
                                       RD_KAFKA_PURGE_F_NON_BLOCKING);
}

}  // namespace tributary::event_log::kafka
