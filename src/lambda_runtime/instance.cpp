#include "lambda_runtime/instance.h"

#include <filesystem>
#include <fmt/format.h>
#include <string_view>
#include <utility>

#include "lambda_runtime/runtime_api.h"

namespace tributary::lambda_runtime {
namespace {

http::Response json_response(int status, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

http::Response refusal(int status, std::string type, std::string message) {
    return json_response(status, error_body(FunctionError(std::move(type), std::move(message))));
}

process::Environment environment_of(const FunctionSettings& settings, std::uint16_t port) {
    process::Environment environment = settings.environment;
    const auto folder = std::filesystem::absolute(settings.bootstrap).parent_path();
    environment["AWS_LAMBDA_RUNTIME_API"] = fmt::format("127.0.0.1:{}", port);
    environment["AWS_LAMBDA_FUNCTION_NAME"] = settings.name;
    environment["AWS_LAMBDA_FUNCTION_VERSION"] = "$LATEST";
    environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = std::to_string(settings.memory_megabytes);
    environment["AWS_LAMBDA_INITIALIZATION_TYPE"] = "on-demand";
    environment["AWS_REGION"] = settings.region;
    environment["AWS_DEFAULT_REGION"] = settings.region;
    environment["LAMBDA_TASK_ROOT"] = folder.string();
    environment["_HANDLER"] = "bootstrap";
    environment["TZ"] = ":UTC";
    return environment;
}

}  // namespace

/// Turns requests into RuntimeCalls.
class Instance::Api final : public http::Handler {
public:
    Api(std::uint64_t instance, std::function<void(RuntimeCall)> report)
        : instance_(instance), report_(std::move(report)) {}

    void handle(http::Request request, http::Responder responder) override {
        const auto call = [&](RuntimeCall::Kind kind, std::string_view request_id) {
            report_(RuntimeCall(instance_, kind, std::string(request_id), std::move(request.body),
                                std::move(responder)));
        };
        std::string_view path = request.path();
        if (request.method == "GET" && path == kNextPath) return call(RuntimeCall::Kind::next, "");
        if (request.method == "POST" && path == kInitErrorPath) {
            return call(RuntimeCall::Kind::init_error, "");
        }
        if (request.method == "POST" && path.starts_with(kInvocationPrefix)) {
            path.remove_prefix(kInvocationPrefix.size());
            const std::string_view request_id = path.substr(0, path.find('/'));
            const std::string_view verb = path.substr(request_id.size());
            if (verb == kResponseSuffix) return call(RuntimeCall::Kind::response, request_id);
            if (verb == kErrorSuffix) return call(RuntimeCall::Kind::error, request_id);
        }
        responder.send(
            refusal(404, "NotFound",
                    fmt::format("The Runtime API has no {} {}.", request.method, request.path())));
    }

    http::Response on_error(int status, std::string_view detail) override {
        return refusal(status, status == 413 ? "RequestEntityTooLarge" : "InvalidRequest",
                       std::string(detail));
    }

private:
    const std::uint64_t instance_;
    const std::function<void(RuntimeCall)> report_;
};

Result<std::unique_ptr<Instance>> Instance::start(std::uint64_t id,
                                                  const FunctionSettings& settings,
                                                  http::EventLoop& loop,
                                                  std::function<void(RuntimeCall)> report,
                                                  SteadyTime now) {
    auto api = std::make_unique<Api>(id, std::move(report));
    http::ServerSettings server_settings;
    server_settings.max_body_bytes = kMaxPayloadBytes;
    // Its connection is silent while it works.
    server_settings.idle_timeout = settings.timeout + std::chrono::minutes(1);
    auto server = http::Server::listen(loop, server_settings, *api);
    if (!server) return std::unexpected(server.error());
    process::StartOptions options;
    options.output_fd = settings.output_fd;
    auto child = process::ChildProcess::start({settings.bootstrap},
                                              environment_of(settings, (*server)->port()), options);
    if (!child) return std::unexpected(child.error());
    return std::unique_ptr<Instance>(
        new Instance(id, std::move(api), std::move(*server), std::move(*child), now));
}

Instance::Instance(std::uint64_t id, std::unique_ptr<Api> api, std::unique_ptr<http::Server> server,
                   process::ChildProcess child, SteadyTime now)
    : id_(id),
      api_(std::move(api)),
      server_(std::move(server)),
      child_(std::move(child)),
      since_(now) {
}

Instance::~Instance() {
    next_.reset();
    server_->drain(std::chrono::milliseconds(0));
}

void Instance::wait_for_work(http::Responder responder, SteadyTime now) {
    if (state_ == State::busy || state_ == State::ending) {
        return responder.send(
            refusal(403, "InvalidStateTransition", "The last event has not been answered yet."));
    }
    // A second `next` means that the connection of the first was lost.
    next_ = std::move(responder);
    state_ = State::idle;
    is_set_up_ = true;
    since_ = now;
}

void Instance::give(Work work, std::string request_id, Timestamp deadline, const std::string& arn,
                    SteadyTime now) {
    http::Response response = json_response(200, std::move(work.payload));
    response.headers.add(std::string(kRequestIdHeader), request_id);
    response.headers.add(std::string(kDeadlineHeader),
                         std::to_string(deadline.time_since_epoch().count()));
    response.headers.add(std::string(kTraceHeader), work.trace_id);
    response.headers.add(std::string(kArnHeader), arn);
    work_ = std::move(work);
    request_id_ = std::move(request_id);
    state_ = State::busy;
    since_ = now;
    if (auto next = std::exchange(next_, std::nullopt)) next->send(std::move(response));
}

std::optional<Work> Instance::finish(const std::string& request_id, SteadyTime now) {
    if (state_ != State::busy || request_id != request_id_) return std::nullopt;
    state_ = State::preparing;
    since_ = now;
    return std::exchange(work_, std::nullopt);
}

std::optional<Work> Instance::end(int signal, SteadyTime now) {
    child_.signal(signal);
    state_ = State::ending;
    since_ = now;
    next_.reset();
    return std::exchange(work_, std::nullopt);
}

}  // namespace tributary::lambda_runtime
