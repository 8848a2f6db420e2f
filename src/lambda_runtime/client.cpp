#include "lambda_runtime/client.h"

#include <charconv>
#include <exception>
#include <fmt/format.h>
#include <string_view>
#include <variant>

#include "http/client.h"
#include "lambda_runtime/runtime_api.h"

namespace tributary::lambda_runtime {
namespace {

/// Lambda freezes an environment between events, for as long as it likes.
constexpr std::chrono::milliseconds kForever = std::chrono::days(365);
constexpr std::chrono::milliseconds kAnswerTime = std::chrono::seconds(30);
constexpr int kFailuresUntilGivingUp = 3;

/// The Runtime API is no longer there for us: the process should end.
struct Gone {
    std::string reason;
};

/// Speaks the protocol; knows nothing of functions.
class RuntimeApi {
public:
    explicit RuntimeApi(http::Url server) : client_(std::move(server)) {}

    Result<std::variant<Invocation, Gone>> next() {
        http::Request request;
        request.method = "GET";
        request.target = kNextPath;
        auto response = client_.send(std::move(request), kForever);
        if (!response) return std::unexpected(response.error());
        if (response->status == 500) {
            return Gone{fmt::format("it answered 500 to {}: {}", kNextPath, response->body)};
        }
        if (response->status != 200) return unexpected_status(kNextPath, *response);
        return invocation_of(*response);
    }

    Result<int> respond(const std::string& request_id, std::string body) {
        return post(fmt::format("{}{}{}", kInvocationPrefix, request_id, kResponseSuffix),
                    std::move(body), {});
    }

    Result<int> fail_invocation(const std::string& request_id, const FunctionError& error) {
        return post(fmt::format("{}{}{}", kInvocationPrefix, request_id, kErrorSuffix),
                    error_body(error), error.type);
    }

    Result<int> fail_init(const FunctionError& error) {
        return post(std::string(kInitErrorPath), error_body(error), error.type);
    }

private:
    static std::unexpected<Error> unexpected_status(std::string_view path,
                                                    const http::Response& response) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The Lambda Runtime API answered {} to {}: {}", response.status,
                                path, std::string_view(response.body).substr(0, 500)));
    }

    static Result<std::variant<Invocation, Gone>> invocation_of(http::Response& response) {
        Invocation invocation;
        invocation.request_id = response.headers.get(kRequestIdHeader);
        invocation.trace_id = response.headers.get(kTraceHeader);
        invocation.function_arn = response.headers.get(kArnHeader);
        const std::string_view deadline = response.headers.get(kDeadlineHeader);
        std::int64_t milliseconds = 0;
        const auto [end, error] =
            std::from_chars(deadline.data(), deadline.data() + deadline.size(), milliseconds);
        if (invocation.request_id.empty() || error != std::errc{} ||
            end != deadline.data() + deadline.size()) {
            return fail(ErrorCode::corrupt_data,
                        fmt::format("The Lambda Runtime API handed out an event without {} or with "
                                    "{} \"{}\", which is not a time in milliseconds.",
                                    kRequestIdHeader, kDeadlineHeader, deadline));
        }
        invocation.deadline = Timestamp(std::chrono::milliseconds(milliseconds));
        invocation.payload = std::move(response.body);
        return invocation;
    }

    /// Repeatable: the API refuses a second answer to one event, so it cannot count twice.
    Result<int> post(std::string path, std::string body, const std::string& error_type) {
        http::Request request;
        request.method = "POST";
        request.target = std::move(path);
        request.headers.add("Content-Type", "application/json");
        if (!error_type.empty()) request.headers.add(std::string(kErrorTypeHeader), error_type);
        request.body = std::move(body);
        const bool may_repeat = true;
        const auto response = client_.send(std::move(request), kAnswerTime, may_repeat);
        if (!response) return std::unexpected(response.error());
        return response->status;
    }

    http::Client client_;
};

Outcome invoke_guarded(Function& function, const Invocation& invocation) {
    try {
        return function.invoke(invocation);
    } catch (const std::exception& exception) {
        return std::unexpected(FunctionError("Function.Exception", exception.what()));
    } catch (...) {
        return std::unexpected(
            FunctionError("Function.Exception", "The function threw something unknown."));
    }
}

void report_error(RuntimeApi& api, const Invocation& invocation, const FunctionError& error,
                  telemetry::Log& log) {
    log.error("The invocation failed.", {{"faas.execution", invocation.request_id},
                                         {"error.type", error.type},
                                         {"error.message", error.message}});
    const auto status = api.fail_invocation(invocation.request_id, error);
    if (!status) {
        log.error("The invocation's error could not be reported.", status.error());
    } else if (*status != 202) {
        log.error("The Lambda Runtime API refused the report of an error.",
                  {{"http.response.status_code", *status}});
    }
}

void answer(RuntimeApi& api, const Invocation& invocation, Outcome outcome, telemetry::Log& log) {
    if (!outcome) return report_error(api, invocation, outcome.error(), log);
    const std::size_t bytes = outcome->size();
    const auto status = api.respond(invocation.request_id, std::move(*outcome));
    if (!status) return log.error("The invocation's answer could not be sent.", status.error());
    if (*status == 202) return;
    if (*status == 413) {
        const FunctionError error(
            "Function.ResponseSizeTooLarge",
            fmt::format("The answer of {} bytes is larger than Lambda takes.", bytes));
        return report_error(api, invocation, error, log);
    }
    log.error("The Lambda Runtime API refused the answer.",
              {{"faas.execution", invocation.request_id}, {"http.response.status_code", *status}});
}

Result<http::Url> url_of(const std::string& runtime_api) {
    return http::Url::parse("http://" + runtime_api);
}

}  // namespace

int serve(Function& function, const std::string& runtime_api, telemetry::Log& log,
          const Clock& clock) {
    const auto url = url_of(runtime_api);
    if (!url) {
        log.error("The address of the Lambda Runtime API cannot be used.", url.error());
        return 1;
    }
    RuntimeApi api(*url);
    for (int failures = 0; failures < kFailuresUntilGivingUp;) {
        const auto next = api.next();
        if (!next) {
            ++failures;
            log.warn("No event could be fetched from the Lambda Runtime API.", next.error());
            continue;
        }
        if (const auto* gone = std::get_if<Gone>(&*next)) {
            log.error("The Lambda Runtime API has ended.", {{"error.message", gone->reason}});
            return 1;
        }
        failures = 0;
        const auto& invocation = std::get<Invocation>(*next);
        answer(api, invocation, invoke_guarded(function, invocation), log);
        function.after_answer();
        if (clock.now() > invocation.deadline) {
            log.warn("The answer came after the deadline; the caller has a timeout instead.",
                     {{"faas.execution", invocation.request_id}});
        }
    }
    log.error("The Lambda Runtime API cannot be reached; the function ends.");
    return 1;
}

int report_init_error(const std::string& runtime_api, const FunctionError& error,
                      telemetry::Log& log) {
    log.error("The function could not be set up.",
              {{"error.type", error.type}, {"error.message", error.message}});
    const auto url = url_of(runtime_api);
    if (!url) {
        log.error("The address of the Lambda Runtime API cannot be used.", url.error());
        return 1;
    }
    const auto status = RuntimeApi(*url).fail_init(error);
    if (!status) log.error("The error could not be reported to Lambda.", status.error());
    return 1;
}

}  // namespace tributary::lambda_runtime
