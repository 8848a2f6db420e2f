#include "apps/tributary/services.h"

#include <algorithm>

#include "http/client.h"

namespace tributary::apps {
namespace {

constexpr std::chrono::milliseconds kMaxBackoff{5'000};
/// Who ran that long gets the short backoff again.
constexpr std::chrono::seconds kStableAfter{10};
constexpr std::chrono::milliseconds kStatusDeadline{1'000};

}  // namespace

Services::Services(std::vector<ServiceSettings> settings, const Clock& clock, telemetry::Log& log)
    : clock_(clock), log_(log) {
    for (ServiceSettings& one : settings) {
        Service service;
        service.settings = std::move(one);
        services_.push_back(std::move(service));
    }
}

Result<void> Services::start() {
    for (Service& service : services_) {
        if (auto started = start(service); !started) return started;
    }
    return {};
}

Result<void> Services::start(Service& service) {
    auto process =
        process::ChildProcess::start({service.settings.program}, service.settings.environment);
    if (!process) return std::unexpected(process.error());
    service.process = std::move(*process);
    service.started = clock_.steady_now();
    return {};
}

void Services::tend() {
    const SteadyTime now = clock_.steady_now();
    for (Service& service : services_) {
        if (service.process) {
            const auto ended = service.process->poll();
            if (!ended) continue;
            service.process.reset();
            if (now - service.started >= kStableAfter) {
                service.backoff = std::chrono::milliseconds(100);
            }
            log_.error(
                "A service ended by itself and is started again.",
                {{"process.name", service.settings.name}, {"process.exit", ended->description()}});
            service.restart_at = now + service.backoff;
            service.backoff = std::min(service.backoff * 2, kMaxBackoff);
        }
        if (now < service.restart_at) continue;
        if (auto started = start(service); !started) {
            log_.error("A service cannot be started.", started.error());
            service.restart_at = now + service.backoff;
        }
    }
}

void Services::stop(std::chrono::milliseconds grace) {
    for (Service& service : services_) {
        if (service.process) service.process->terminate(grace);
        service.process.reset();
    }
}

std::vector<console::PartStatus> Services::status() const {
    std::vector<console::PartStatus> parts;
    for (const Service& service : services_) {
        console::PartStatus part;
        part.name = service.settings.name;
        part.address = service.settings.url;
        const auto url = http::Url::parse(service.settings.url);
        http::Request request;
        request.method = "GET";
        request.target = "/ready";
        const auto response = url ? http::Client(*url).send(std::move(request), kStatusDeadline)
                                  : Result<http::Response>(std::unexpected(url.error()));
        part.is_ready = response && response->status == 200;
        if (!part.is_ready) part.detail = response ? response->body : response.error().message;
        parts.push_back(std::move(part));
    }
    return parts;
}

}  // namespace tributary::apps
