#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "http/event_loop.h"
#include "http/server.h"
#include "ingest/callers.h"
#include "ingest/intake.h"
#include "ingest/quota.h"
#include "ingest/routes.h"
#include "telemetry/log.h"
#include "telemetry/metrics.h"
#include "tracing/tracer.h"

namespace tributary::ingest {

class RequestMetrics;

struct IngestSettings {
    std::size_t max_body_bytes = std::size_t{10} << 20;  ///< As sent and decompressed; else 413.
    std::size_t max_batch_items = 10'000;
    /// From reading a request to its answer; what the log has not confirmed by then gets a 504.
    std::chrono::milliseconds answer_deadline{20'000};
    std::vector<Caller> callers;  ///< Empty: everybody may send.
    QuotaLimits quota;            ///< Of each caller; all unknown senders are one.
    /// The host names under which web pages may post events; localhost and every IP address always
    /// may. Absent: any name, for servers that are reached by names of which they know nothing.
    std::optional<std::vector<std::string>> page_hosts;
    std::string version = "unknown";  ///< Of this build, for `tributary_build_info`.
};

/// The Producer's HTTP API (contract §3): what `http::Server` is given. An event is called accepted
/// only when the log has said so. Thread-safe; never blocks the loop.
///
/// Shutdown: `begin_drain`, `http::Server::drain` (answers still come), `event_log::Writer::drain`,
/// then destroy. What is given by reference must outlive the writer's last report.
class ProducerService final : public http::Handler {
public:
    ProducerService(IngestSettings settings, const event::Catalog& catalog,
                    event_log::Writer& writer, http::EventLoop& loop, telemetry::Metrics& metrics,
                    telemetry::Log& log, tracing::Tracer& tracer, const Clock& clock);
    ~ProducerService() override;

    /// From now on `/ready` says 503 and events are refused with 503 `shutting-down`, so that load
    /// balancers go elsewhere; what the log was given before gets its answers.
    void begin_drain();
    /// Puts what waits now into the metrics; they are as old as this call, or as `/metrics`.
    void update_load();

    http::BodyPolicy on_head(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;
    http::Response on_error(int status, std::string_view detail) override;

private:
    class Reply;
    void produce(const http::Request& request, Reply reply);
    http::Response refusal(const http::Request& request, receipt::Problem problem);
    [[nodiscard]] std::optional<receipt::Problem> page_flaw(const http::Request& request) const;
    http::Response readiness() const;
    http::Response metrics_text();
    event::Envelope envelope_of(const http::Request& request, const Caller* caller,
                                std::string traceparent) const;

    const IngestSettings settings_;
    event_log::Writer& writer_;
    telemetry::Metrics& metrics_;
    const Clock& clock_;
    Intake intake_;
    tracing::Tracer& tracer_;
    UuidV7 ids_;  ///< Of answers to requests whose events were not looked at.
    std::vector<std::unique_ptr<Quota>> quotas_;  ///< One per caller; without callers, one for all.
    std::shared_ptr<RequestMetrics> request_metrics_;
};

}  // namespace tributary::ingest
