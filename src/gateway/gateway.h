#pragma once

#include <string_view>

#include "gateway/bucket_route.h"
#include "gateway/events_route.h"
#include "http/server.h"

namespace tributary::gateway {

/// The front door of `tributary up`: `/events` and `/bucket/…` are the gateway's; whatever else is
/// asked for is `next`'s: the console.
class Gateway final : public http::Handler {
public:
    /// All three must outlive every request.
    Gateway(EventsRoute& events, BucketRoute& bucket, http::Handler& next)
        : events_(events), bucket_(bucket), next_(next) {}

    http::BodyPolicy on_head(const http::Request& head) override {
        return route(head.path()).on_head(head);
    }
    void handle(http::Request request, http::Responder responder) override {
        http::Handler& handler = route(request.path());
        handler.handle(std::move(request), std::move(responder));
    }

    /// Nobody knows any more what was asked for: answered as for events, which want an id.
    http::Response on_error(int status, std::string_view detail) override {
        return events_.on_error(status, detail);
    }

private:
    [[nodiscard]] http::Handler& route(std::string_view path) {
        if (path == "/events") return events_;
        if (path.starts_with("/bucket/")) return bucket_;
        return next_;
    }

    EventsRoute& events_;
    BucketRoute& bucket_;
    http::Handler& next_;
};

}  // namespace tributary::gateway
