#include "apps/tributary/services.h"

#include <algorithm>

#include "apps/tributary/console_stack.h"
#include "base/version.h"

namespace tributary::apps {
namespace {

constexpr std::chrono::milliseconds kMaxBackoff{5'000};
/// Who ran that long gets the short backoff again.
constexpr std::chrono::seconds kStableAfter{10};

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
        parts.push_back(probe(service.settings.name, service.settings.url));
        // Started from the folder that this program lies in: one build.
        parts.back().version = kVersion;
    }
    return parts;
}

}  // namespace tributary::apps
