#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "event/catalog.h"
#include "settings/settings.h"
#include "telemetry/log.h"

/// What the mains of the services have in common: exit codes, signals, log and catalog.
namespace tributary::apps {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailure = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitConfiguration = 78;  ///< EX_CONFIG of sysexits.h

/// Services are configured by their environment alone: --help and --version are answered, every
/// other argument is refused. The exit code, or empty where there is nothing to answer.
/// `description` says in one sentence what the program does.
std::optional<int> answer_arguments(int argc, const char* const* argv,
                                    std::string_view description);

/// Whether the Producer's deadlines nest: an answer that comes before the log's would say "fate
/// unknown" of what the log was about to refuse. `invalid_input` names both.
Result<void> check_deadlines(const settings::Settings& settings);

/// Ends the process's set-up: one sentence on stderr and, where TERMINATION_MESSAGE_FILE exists, in
/// that file; returns the exit code that fits.
int report_start_error(const Error& error);

/// The log that LOG_LEVEL and LOG_FORMAT ask for; what is of `shown` or above is written whatever
/// LOG_LEVEL is. `clock` must outlive it.
telemetry::Log make_log(const std::string& service, const settings::Settings& settings,
                        const Clock& clock, telemetry::Level shown = telemetry::Level::error);

Result<event::Catalog> load_catalog(const settings::Settings& settings);

/// DATA_DIR, made where it is missing.
Result<std::string> make_data_folder(const settings::Settings& settings);

/// SIGINT and SIGTERM as something to wait for. Make it in main, before any thread: they inherit
/// that these signals are blocked.
class TerminationSignals {
public:
    TerminationSignals();
    /// Returns the signal, or 0 when `limit` has passed.
    [[nodiscard]] int wait(std::chrono::milliseconds limit) const;
};

}  // namespace tributary::apps
