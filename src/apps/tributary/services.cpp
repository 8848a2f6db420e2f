#include "apps/tributary/services.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "apps/program.h"
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
    const std::scoped_lock lock(mutex_);
    service.end.clear();
    return {};
}

Result<void> Services::tend() {
    for (Service& service : services_) {
        if (service.process) {
            const auto ended = service.process->poll();
            if (!ended) continue;
            if (auto mendable = note_end(service, *ended); !mendable) return mendable;
        }
        if (clock_.steady_now() < service.restart_at) continue;
        if (auto started = start(service); !started) {
            log_.error("A service cannot be started.", started.error());
            service.restart_at = clock_.steady_now() + service.backoff;
        }
    }
    return {};
}

Result<void> Services::note_end(Service& service, const process::ExitStatus& status) {
    const SteadyTime now = clock_.steady_now();
    service.process.reset();
    {
        const std::scoped_lock lock(mutex_);
        service.end = "It " + status.description() + ".";
    }
    if (status.code == kExitConfiguration) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The {} cannot run with these settings; its own sentence stands "
                                "above.",
                                service.settings.name));
    }
    if (now - service.started >= kStableAfter) service.backoff = std::chrono::milliseconds(100);
    log_.error("A service ended by itself and is started again.",
               {{"process.name", service.settings.name}, {"process.exit", status.description()}});
    service.restart_at = now + service.backoff;
    service.backoff = std::min(service.backoff * 2, kMaxBackoff);
    return {};
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
        {
            const std::scoped_lock lock(mutex_);
            part.detail = service.end;
        }
        parts.push_back(part.detail.empty() ? probe(part.name, part.address) : std::move(part));
        // Started from the folder that this program lies in: one build.
        parts.back().version = kVersion;
    }
    return parts;
}

}  // namespace tributary::apps
