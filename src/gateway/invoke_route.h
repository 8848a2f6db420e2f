#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "http/server.h"

namespace tributary::gateway {

/// Lambda's Invoke API, as far as a function needs it to go on later by itself:
/// `POST /2015-03-31/functions/<name>/invocations` with `X-Amz-Invocation-Type: Event`, answered
/// with 202. For a listener on loopback only: whoever reaches it may invoke.
class InvokeRoute final : public http::Handler {
public:
    using Submit = std::function<Result<void>(std::string event)>;
    InvokeRoute(std::string function_name, Submit submit);

    http::BodyPolicy on_head(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;

private:
    [[nodiscard]] http::Response answer(http::Request& request) const;

    const std::string function_name_;
    const Submit submit_;
};

}  // namespace tributary::gateway
