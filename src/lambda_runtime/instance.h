#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "http/server.h"
#include "lambda_runtime/host.h"
#include "process/child_process.h"

namespace tributary::lambda_runtime {

/// What an instance asked of its Runtime API.
struct RuntimeCall {
    enum class Kind { next, response, error, init_error };

    RuntimeCall(std::uint64_t instance_in, Kind kind_in, std::string request_id_in,
                std::string body_in, http::Responder responder_in)
        : instance(instance_in),
          kind(kind_in),
          request_id(std::move(request_id_in)),
          body(std::move(body_in)),
          responder(std::move(responder_in)) {}

    std::uint64_t instance;
    Kind kind;
    std::string request_id;  ///< Of `response` and `error`.
    std::string body;
    http::Responder responder;
};

/// An event on its way, and whom to tell.
struct Work {
    std::string payload;
    std::string trace_id;
    Invoker::Done done;
    SteadyTime admitted;
};

/// One process of a function with its Runtime API. Knows the protocol; its scheduler decides. Used
/// by the scheduler's thread only.
class Instance {
public:
    enum class State {
        preparing,  ///< Has not asked for an event: it starts, or tidies up after the last one.
        idle,       ///< Waits in `next`.
        busy,       ///< Has an event and owes its answer.
        ending,     ///< Told to stop, or killed.
    };

    /// Calls `report` on loop threads.
    static Result<std::unique_ptr<Instance>> start(std::uint64_t id,
                                                   const FunctionSettings& settings,
                                                   http::EventLoop& loop,
                                                   std::function<void(RuntimeCall)> report,
                                                   SteadyTime now);
    ~Instance();
    Instance(const Instance&) = delete;
    Instance& operator=(const Instance&) = delete;

    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] State state() const { return state_; }
    /// It has asked for an event once: its start is behind it.
    [[nodiscard]] bool is_set_up() const { return is_set_up_; }
    /// When it came into its state.
    [[nodiscard]] SteadyTime since() const { return since_; }
    [[nodiscard]] process::ChildProcess& child() { return child_; }

    /// It asked for an event; refused where it still owes an answer.
    void wait_for_work(http::Responder responder, SteadyTime now);
    /// Hands out an event to an idle instance.
    void give(Work work, std::string request_id, Timestamp deadline, const std::string& arn,
              SteadyTime now);
    /// The work that `request_id` names, which it has answered; empty where it is not its own.
    std::optional<Work> finish(const std::string& request_id, SteadyTime now);
    /// Sends `signal`; nothing more is given to it. Returns the work that it leaves behind.
    std::optional<Work> end(int signal, SteadyTime now);

private:
    class Api;
    Instance(std::uint64_t id, std::unique_ptr<Api> api, std::unique_ptr<http::Server> server,
             process::ChildProcess child, SteadyTime now);

    std::uint64_t id_;
    std::unique_ptr<Api> api_;
    std::unique_ptr<http::Server> server_;
    process::ChildProcess child_;
    State state_ = State::preparing;
    bool is_set_up_ = false;
    SteadyTime since_;
    std::optional<http::Responder> next_;
    std::string request_id_;
    std::optional<Work> work_;
};

}  // namespace tributary::lambda_runtime
