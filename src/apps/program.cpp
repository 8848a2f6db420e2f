#include "apps/program.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <signal.h>
#include <system_error>
#include <unistd.h>

#include "base/version.h"

namespace tributary::apps {
namespace {

/// Kubernetes makes the file and shows what it holds as the reason why a container ended. This must
/// work above all when the settings could not be loaded, so the variable is read by itself.
void leave_termination_message(const std::string& message) {
    const char* named = std::getenv("TERMINATION_MESSAGE_FILE");
    std::fstream file(named == nullptr ? "/dev/termination-log" : named,
                      std::ios::in | std::ios::out);
    file << message << std::endl;
}

sigset_t termination_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

std::optional<int> answer_arguments(int argc, const char* const* argv,
                                    std::string_view description) {
    if (argc < 2) return std::nullopt;
    const std::string name = std::filesystem::path(argv[0]).filename().string();
    const std::string_view argument = argv[1];
    if (argument == "--version") {
        fmt::print("{}\n", kVersion);
        return kExitSuccess;
    }
    if (argument == "--help" || argument == "-h") {
        fmt::print(
            "{}: {}\n\nIt takes no arguments but --help and --version: environment variables "
            "configure it.\n`tributary config` shows every one of them, `tributary "
            "check-config` checks them.\n",
            name, description);
        return kExitSuccess;
    }
    fmt::print(stderr, "{} takes no argument \"{}\"; --help says what configures it.\n", name,
               argument);
    return kExitUsage;
}

Result<void> check_deadlines(const settings::Settings& settings) {
    const auto answer = settings.duration("PRODUCER_ANSWER_TIMEOUT");
    const auto delivery = settings.duration("DELIVERY_TIMEOUT");
    if (delivery < answer) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("DELIVERY_TIMEOUT ({} ms) must be shorter than PRODUCER_ANSWER_TIMEOUT "
                            "({} ms): a client is answered when the log has decided.",
                            delivery.count(), answer.count()));
}

int report_start_error(const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    leave_termination_message(error.message);
    return error.code == ErrorCode::invalid_input ? kExitConfiguration : kExitFailure;
}

telemetry::Log make_log(const std::string& service, const settings::Settings& settings,
                        const Clock& clock, telemetry::Level shown) {
    const std::string& format = settings.text("LOG_FORMAT");
    const auto level = telemetry::parse_level(settings.text("LOG_LEVEL"));
    return telemetry::Log(
        {.service = service,
         .minimum = std::min(level.value_or(telemetry::Level::info), shown),
         .human = format == "text" || (format == "auto" && ::isatty(STDOUT_FILENO) != 0)},
        clock);
}

Result<event::Catalog> load_catalog(const settings::Settings& settings) {
    const std::string& path = settings.text("ENTITY_CATALOG");
    return path.empty() ? event::Catalog::built_in() : event::Catalog::load(path);
}

Result<std::string> make_data_folder(const settings::Settings& settings) {
    const std::string& folder = settings.text("DATA_DIR");
    std::error_code failure;
    std::filesystem::create_directories(folder, failure);
    if (failure) {
        return fail(
            ErrorCode::invalid_input,
            fmt::format("DATA_DIR: cannot make the folder \"{}\": {}.", folder, failure.message()));
    }
    return folder;
}

TerminationSignals::TerminationSignals() {
    const sigset_t set = termination_signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
    // A peer that closes its end is an error of that write, not of the process.
    ::signal(SIGPIPE, SIG_IGN);
}

int TerminationSignals::wait(std::chrono::milliseconds limit) const {
    const sigset_t set = termination_signals();
    const timespec time{limit.count() / 1'000, (limit.count() % 1'000) * 1'000'000};
    const int signal = ::sigtimedwait(&set, nullptr, &time);
    return signal > 0 ? signal : 0;
}

}  // namespace tributary::apps
