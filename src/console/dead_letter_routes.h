#pragma once

#include "dead_letters/dead_letters.h"
#include "http/message.h"

namespace tributary::console {

/// Dead letters over HTTP.
///   GET  /api/dead-letters ?state=&topic=&reason=&key=&event_id=&after=&before=&from=&size= GET
///   /api/dead-letters/<id>    one, with its value and headers POST /api/dead-letters/redrive
///   {"ids":[…]} or {"filter":{…}}, "dry_run", "force", "by" POST /api/dead-letters/drop    the
///   same, without "force"
/// Blocks. Thread-safe.
class DeadLetterRoutes {
public:
    /// `letters` must outlive this object.
    explicit DeadLetterRoutes(dead_letters::DeadLetters& letters) : letters_(letters) {}

    /// Whether `path` is one of these.
    static bool is_here(std::string_view path);
    [[nodiscard]] http::Response answer(const http::Request& request) const;

private:
    [[nodiscard]] http::Response list(const http::Request& request) const;
    [[nodiscard]] http::Response show(std::string_view encoded_id) const;
    [[nodiscard]] http::Response act(const http::Request& request, dead_letters::State to) const;

    dead_letters::DeadLetters& letters_;
};

}  // namespace tributary::console
