#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "console/dead_letter_routes.h"
#include "console/live_feed.h"
#include "console/live_sample.h"
#include "console/page_files.h"
#include "console/part_status.h"
#include "console/workers.h"
#include "dead_letters/dead_letters.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "http/server.h"

namespace tributary::console {

struct ConsoleSettings {
    std::string group = "tributary";  ///< Whose offsets say what is in flight.
    std::string version;
    std::string log;    ///< What the log is and where, for people: `Kafka at kafka:9092`.
    std::string index;  ///< The same of the index.
    int threads = 2;    ///< For searches, which block.
    /// Whether this port takes events (POST /events) and files (PUT /bucket/<key>) as well.
    bool takes_events = false;
    bool takes_files = false;
    /// Whether this port is ready only when every part of the status is.
    bool needs_every_part = false;
};

/// The web console's HTTP side over the ports: whatever index and log are behind.
///   GET /                  the console's page; without Node in the build a plain one with counts
///   GET /api/events        search (contract §8)
///   GET /api/events/<id>   where is my event?
///   GET /api/ledger        the balance; /api/ledger?format=text for people
///   GET /api/status        every part, ready or why not
///   GET /api/about         version, entity types, what this port takes
///   GET /api/live          what moves, one line of JSON a second (live_sample.h), without end
///   /api/dead-letters…     look, redrive, drop (dead_letter_routes.h)
///   GET /health            live: never asks anybody
///   GET /ready             200 when the index answers (and every part is ready, where that is
///                          needed), else 503 with the reason
/// Blocking work runs on threads of its own. Thread-safe.
class Console final : public http::Handler {
public:
    using Status = std::function<std::vector<PartStatus>()>;

    /// All references must outlive the console; `status` is called on the console's threads and may
    /// block for a moment.
    Console(ConsoleSettings settings, const event::Catalog& catalog,
            document_index::Searcher& searcher, event_log::Inspector& inspector,
            dead_letters::DeadLetters& letters, Status status, const Clock& clock);

    void handle(http::Request request, http::Responder responder) override;

private:
    http::Response answer(const http::Request& request);
    http::Response readiness();
    http::Response events(const http::Request& request);
    http::Response way(std::string_view encoded_id);
    http::Response balance(const http::Request& request);
    http::Response status_json();
    http::Response about();
    http::Response plain_page();

    const ConsoleSettings settings_;
    const event::Catalog& catalog_;
    document_index::Searcher& searcher_;
    event_log::Inspector& inspector_;
    const Status status_;
    const DeadLetterRoutes letters_;
    const PageFiles page_;
    // Last: their threads use the rest.
    LiveFeed live_;
    Workers workers_;
};

}  // namespace tributary::console
