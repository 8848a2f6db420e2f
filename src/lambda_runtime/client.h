#pragma once

#include <expected>
#include <string>
#include <utility>

#include "base/clock.h"
#include "telemetry/log.h"

/// A function's side of the AWS Lambda Runtime API (2018-06-01), for custom runtimes.
namespace tributary::lambda_runtime {

/// One event to be answered.
struct Invocation {
    std::string request_id;
    std::string payload;       ///< The event, JSON as it came.
    Timestamp deadline;        ///< When the environment is killed; from Lambda-Runtime-Deadline-Ms.
    std::string trace_id;      ///< `Root=1-…;Parent=…;Sampled=…`; empty where there is none.
    std::string function_arn;  ///< As it was invoked.
};

/// What a function reports instead of an answer: the caller sees a function error.
struct FunctionError {
    FunctionError(std::string type_in, std::string message_in)
        : type(std::move(type_in)), message(std::move(message_in)) {}

    std::string type;     ///< `Function.ConfigurationInvalid`: a word for machines.
    std::string message;  ///< A sentence.
};

/// The response as JSON, or the error.
using Outcome = std::expected<std::string, FunctionError>;

/// What is served. Called from one thread, one invocation at a time.
class Function {
public:
    Function() = default;
    Function(const Function&) = delete;
    Function& operator=(const Function&) = delete;
    virtual ~Function() = default;

    virtual Outcome invoke(const Invocation& invocation) = 0;
    /// Called when the answer has been sent: nobody waits any more, and the environment may be
    /// frozen as soon as this returns.
    virtual void after_answer() {}
};

/// Serves until the API goes away: next -> invoke -> response or error; returns the process's exit
/// code. `runtime_api` is `host:port`, the value of AWS_LAMBDA_RUNTIME_API. Waits for the next
/// event without a deadline, since environments are frozen between events; three failures in a row,
/// or the API's own 500, end it. A function that throws, or whose answer the API refuses (413), is
/// reported as an error of that invocation; the next one is served.
int serve(Function& function, const std::string& runtime_api, telemetry::Log& log,
          const Clock& clock);

/// Reports that the function could not be set up. Returns the process's exit code (never 0).
int report_init_error(const std::string& runtime_api, const FunctionError& error,
                      telemetry::Log& log);

}  // namespace tributary::lambda_runtime
