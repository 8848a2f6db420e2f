#pragma once

#include <string>
#include <utility>

#include "apps/traces.h"
#include "base/clock.h"
#include "event/catalog.h"
#include "http/client.h"
#include "lambda_runtime/client.h"
#include "producer_client/producer_client.h"
#include "settings/settings.h"
#include "telemetry/log.h"

namespace tributary::apps {

/// What both Lambda functions get from their environment.
struct LambdaProgram {
    const settings::Environment& environment;
    const settings::Settings& settings;
    const Clock& clock;
    telemetry::Log& log;
    Traces& traces;

    /// A variable that Lambda itself sets; empty where it does not.
    [[nodiscard]] std::string variable(const std::string& name) const {
        const auto found = environment.find(name);
        return found == environment.end() ? "" : found->second;
    }
    [[nodiscard]] Result<event::Catalog> catalog() const {
        const std::string& path = settings.text("ENTITY_CATALOG");
        return path.empty() ? event::Catalog::built_in() : event::Catalog::load(path);
    }
    [[nodiscard]] int serve(lambda_runtime::Function& function) const {
        return lambda_runtime::serve(function, variable("AWS_LAMBDA_RUNTIME_API"), log, clock);
    }
};

/// Calls `run` with the program, and reports its error, or that of the settings, to Lambda as one
/// of the function's set-up. Returns the exit code.
inline int run_lambda(const std::string& service, char** variables,
                      Result<int> (*run)(const LambdaProgram&)) {
    const SystemClock clock;
    const settings::Environment environment = settings::environment_of(variables);
    const auto values = settings::Settings::load(environment);
    const auto level = values ? telemetry::parse_level(values->text("LOG_LEVEL"))
                              : Result<telemetry::Level>(telemetry::Level::info);
    telemetry::Log log({.service = service, .minimum = level.value_or(telemetry::Level::info)},
                       clock);
    const auto run_with = [&](const settings::Settings& settings) -> Result<int> {
        const auto traces = Traces::open(settings, service, {}, clock, log);
        if (!traces) return std::unexpected(traces.error());
        return run(LambdaProgram{environment, settings, clock, log, **traces});
    };
    const auto status = values ? run_with(*values) : Result<int>(std::unexpected(values.error()));
    if (status) return *status;
    const auto runtime_api = environment.find("AWS_LAMBDA_RUNTIME_API");
    return lambda_runtime::report_init_error(
        runtime_api == environment.end() ? "" : runtime_api->second,
        lambda_runtime::FunctionError("Function.ConfigurationInvalid", status.error().message),
        log);
}

}  // namespace tributary::apps
