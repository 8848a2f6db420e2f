#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "console/console.h"
#include "process/child_process.h"
#include "telemetry/log.h"

namespace tributary::apps {

/// One program of ours that is kept running.
struct ServiceSettings {
    std::string name;     ///< `producer`
    std::string program;  ///< Path of the executable.
    std::string url;      ///< Where it answers /ready.
    process::Environment environment;
};

/// Keeps services running: starts them, starts them again when they end (with backoff), and stops
/// them in the order given. `tend`, `start` and `stop` on one thread, which outlives the services;
/// `status` on any.
class Services {
public:
    Services(std::vector<ServiceSettings> settings, const Clock& clock, telemetry::Log& log);

    Result<void> start();
    /// Restarts what has ended; to be called a few times a second. `invalid_input` where one ended
    /// because of its configuration, which it would meet again.
    Result<void> tend();
    /// SIGTERM to one after the other, SIGKILL to what has not ended after `grace`.
    void stop(std::chrono::milliseconds grace);
    /// Asks the /ready of every service that runs.
    [[nodiscard]] std::vector<console::PartStatus> status() const;

private:
    struct Service {
        ServiceSettings settings;
        std::optional<process::ChildProcess> process;
        std::string end;  ///< How it ended, while it does not run. Guarded by `mutex_`.
        SteadyTime started;
        SteadyTime restart_at;
        std::chrono::milliseconds backoff{100};
    };
    Result<void> start(Service& service);
    Result<void> note_end(Service& service, const process::ExitStatus& status);

    mutable std::mutex mutex_;
    std::vector<Service> services_;
    const Clock& clock_;
    telemetry::Log& log_;
};

}  // namespace tributary::apps
