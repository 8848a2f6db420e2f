#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "api_forwarding/proxy_event.h"
#include "base/clock.h"
#include "base/uuid.h"
#include "event/catalog.h"
#include "event/decoder.h"
#include "lambda_runtime/client.h"
#include "producer_client/producer_client.h"
#include "receipt/receipt.h"
#include "telemetry/log.h"
#include "tracing/tracer.h"

namespace tributary::api_forwarding {

struct ApiSettings {
    /// For the Producer; an invocation that has less time left gives it less.
    std::chrono::milliseconds producer_limit{25'000};
    std::size_t max_items = 10'000;
};

/// Hands events to the Producer: `ProducerClient::send`, or a test's script.
using Send = std::function<producer_client::Sent(std::span<const event::Event>,
                                                 std::chrono::milliseconds limit)>;

/// The API Lambda: an API Gateway event becomes events, those go to the Producer, and its receipts
/// and problems are the answer. Every request gets an answer of the contract (§3); an event that
/// does not come from API Gateway is an error of the function.
class ApiFunction final : public lambda_runtime::Function {
public:
    /// All references must outlive the function.
    ApiFunction(const event::Catalog& catalog, Send send, ApiSettings settings, const Clock& clock,
                telemetry::Log& log, tracing::Tracer& tracer);

    lambda_runtime::Outcome invoke(const lambda_runtime::Invocation& invocation) override;

private:
    receipt::Answer answer(const ProxyRequest& request,
                           const lambda_runtime::Invocation& invocation);
    receipt::Answer answer(const ProxyRequest& request,
                           const lambda_runtime::Invocation& invocation, std::string traceparent);
    receipt::Answer forward(event::Decoded decoded, std::string_view traceparent,
                            std::chrono::milliseconds limit);
    [[nodiscard]] std::chrono::milliseconds limit_of(
        const lambda_runtime::Invocation& invocation) const;

    const Send send_;
    const ApiSettings settings_;
    const Clock& clock_;
    telemetry::Log& log_;
    tracing::Tracer& tracer_;
    UuidV7 ids_;
    event::Decoder decoder_;
};

}  // namespace tributary::api_forwarding
