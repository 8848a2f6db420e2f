#pragma once

#include <string>

#include "base/uuid.h"
#include "console/workers.h"
#include "http/client.h"
#include "http/server.h"

namespace tributary::console {

/// `POST /events` where no gateway stands before the system: hands the request to the Producer's
/// `POST /produce` and its answer back, both as they are, but for an Idempotency-Key where there is
/// none: an answer of our own names it too. Everything else is `next`'s.
/// Blocking work runs on threads of its own. Thread-safe.
class ProducerRoute final : public http::Handler {
public:
    /// `token` is sent to the Producer; may be empty. `next` and `clock` must outlive this object.
    ProducerRoute(http::Url producer, std::string token, http::Handler& next, const Clock& clock);

    http::BodyPolicy on_head(const http::Request& head) override { return next_.on_head(head); }
    void handle(http::Request request, http::Responder responder) override;
    http::Response on_error(int status, std::string_view detail) override;

private:
    [[nodiscard]] http::Response forward(const http::Request& request) const;

    const http::Url producer_;
    const std::string token_;
    http::Handler& next_;
    UuidV7 ids_;
    Workers workers_;  ///< Last: its threads use the rest.
};

}  // namespace tributary::console
