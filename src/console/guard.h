#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "http/server.h"

namespace tributary::console {

struct GuardSettings {
    /// Host names, without port, under which this port may be reached. localhost and every IP
    /// address always may: a page that rebinds its DNS name cannot call itself by those.
    std::vector<std::string> allowed_hosts;
    /// Wanted as a bearer token by everything but the page itself; empty: none is.
    std::string token;
};

/// Stands before everything that a browser can reach on this port, and lets pass what is its own.
///   * A request for an unknown host is refused (421): DNS rebinding ends here.
///   * A request that changes something and names an Origin must come from this origin (403);
///     below /api/ it must name one, and be JSON (415), so that no foreign page can make it.
///   * Where a token is set, it is wanted (401).
/// A refusal carries the id that an event would be sent again under. /health and /ready are for
/// probes and never refused. Thread-safe.
class Guard final : public http::Handler {
public:
    /// `next` and `clock` must outlive every request.
    Guard(GuardSettings settings, http::Handler& next, const Clock& clock);

    http::BodyPolicy on_head(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;
    http::Response on_error(int status, std::string_view detail) override {
        return next_.on_error(status, detail);
    }

private:
    std::optional<http::Response> refusal(const http::Request& request);
    std::optional<http::Response> refuse_host(const http::Request& request);
    std::optional<http::Response> refuse_origin(const http::Request& request);
    std::optional<http::Response> refuse_token(const http::Request& request);
    http::Response refuse(const http::Request& request, int status, std::string_view title,
                          std::string_view detail);

    const GuardSettings settings_;
    http::Handler& next_;
    UuidV7 ids_;
};

}  // namespace tributary::console
