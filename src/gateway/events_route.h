#pragma once

#include <string>

#include "base/clock.h"
#include "base/uuid.h"
#include "gateway/api_gateway_event.h"
#include "http/server.h"
#include "lambda_runtime/invoker.h"

namespace tributary::gateway {

struct EventsSettings {
    PayloadVersion payload_version = PayloadVersion::rest;
    /// Which web pages of other origins may post: one origin, `*`, or empty for none.
    std::string allowed_origin;
};

/// `/events` as API Gateway with a Lambda proxy integration. Answers of its own are problem+json:
/// 405, 413 (Lambda's 6 MB), 429 throttled, 502 the function failed, 503 shutting down, 504 it
/// overran.
class EventsRoute final : public http::Handler {
public:
    /// `function` and `clock` must outlive every request.
    EventsRoute(EventsSettings settings, lambda_runtime::Invoker& function, const Clock& clock);

    http::BodyPolicy on_head(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;
    http::Response on_error(int status, std::string_view detail) override;

private:
    [[nodiscard]] http::Response answer_preflight(const http::Request& request) const;

    const EventsSettings settings_;
    lambda_runtime::Invoker& function_;
    const Clock& clock_;
    UuidV7 ids_;
};

}  // namespace tributary::gateway
