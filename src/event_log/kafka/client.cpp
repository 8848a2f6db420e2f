#include "event_log/kafka/client.h"

#include <array>
#include <fmt/format.h>
#include <future>
#include <thread>
#include <utility>

namespace tributary::event_log::kafka {
namespace {

/// `[thrd:…]: host:port/1: Connection refused (after 1ms in state CONNECT)`, without the thread.
std::string_view without_thread(std::string_view text) {
    const auto end = text.starts_with("[thrd:") ? text.find("]: ") : std::string_view::npos;
    return end == std::string_view::npos ? text : text.substr(end + 3);
}

}  // namespace

void Client::pass_log(const rd_kafka_t* handle, int severity, const char* facility,
                      const char* text) {
    auto* const client = static_cast<Client*>(rd_kafka_opaque(handle));
    if (client == nullptr) return;
    if (std::string_view(facility) == "FAIL") {
        const std::scoped_lock lock(client->mutex_);
        client->last_failure_ = without_thread(text);
    }
    const auto& log = client->callbacks_.log;
    if (log) log(severity, fmt::format("librdkafka: {}: {}", facility, text));
}

void Client::pass_rebalance(rd_kafka_t*, rd_kafka_resp_err_t kind,
                            rd_kafka_topic_partition_list_t* partitions, void* opaque) {
    static_cast<const Client*>(opaque)->callbacks_.rebalance(kind, *partitions);
}

std::string Client::last_failure() const {
    const std::scoped_lock lock(mutex_);
    return last_failure_;
}

/// Whoever wants to leave a group in order does so before; here nobody waits for anything.
void Client::Destroy::operator()(rd_kafka_t* handle) const {
    rd_kafka_destroy_flags(handle, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

Result<std::unique_ptr<Client>> Client::open(rd_kafka_type_t type, ConfHandle configuration,
                                             Callbacks callbacks) {
    std::unique_ptr<Client> client(new Client(std::move(callbacks)));
    rd_kafka_conf_set_opaque(configuration.get(), client.get());
    rd_kafka_conf_set_log_cb(configuration.get(), pass_log);
    if (client->callbacks_.rebalance) {
        rd_kafka_conf_set_rebalance_cb(configuration.get(), pass_rebalance);
    }

    std::array<char, 512> reason{};
    client->handle_.reset(rd_kafka_new(type, configuration.get(), reason.data(), reason.size()));
    if (!client->handle_) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Kafka's client does not take its settings: {}. Correct the "
                                "KAFKA_… variables.",
                                reason.data()));
    }
    // It belongs to the client now.
    static_cast<void>(configuration.release());  // NOLINT(bugprone-unused-return-value)
    return client;
}

bool destroy_within(std::shared_ptr<void> object, std::chrono::milliseconds limit) {
    std::promise<void> promise;
    const auto destroyed = promise.get_future();
    std::thread([object = std::move(object), promise = std::move(promise)]() mutable {
        object.reset();
        promise.set_value();
    }).detach();
    return destroyed.wait_for(limit) == std::future_status::ready;
}

}  // namespace tributary::event_log::kafka
