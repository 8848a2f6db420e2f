#pragma once

#include "http/server.h"
#include "indexing/consumer.h"
#include "telemetry/metrics.h"

namespace tributary::indexing {

/// The Consumer's port: GET (or HEAD) `/health` (200 while the loop turns), `/ready` (503 with the
/// reason while records cannot be worked off), `/metrics`; everything else is a problem+json.
/// Thread-safe; never blocks.
class StatusHandler final : public http::Handler {
public:
    /// Both must outlive the handler.
    StatusHandler(const Consumer& consumer, telemetry::Metrics& metrics)
        : consumer_(consumer), metrics_(metrics) {}

    void handle(http::Request request, http::Responder responder) override;
    /// What `handle` sends.
    [[nodiscard]] http::Response answer(const http::Request& request) const;

private:
    [[nodiscard]] http::Response health() const;
    [[nodiscard]] http::Response readiness() const;

    const Consumer& consumer_;
    telemetry::Metrics& metrics_;
};

}  // namespace tributary::indexing
