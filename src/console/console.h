#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "console/workers.h"
#include "document_index/document_index.h"
#include "event/catalog.h"
#include "event_log/event_log.h"
#include "http/server.h"

namespace tributary::console {

struct ConsoleSettings {
    std::string group = "tributary";  ///< Whose offsets say what is in flight.
    std::string version;
    int threads = 2;  ///< For searches, which block.
};

/// One part of the system and how it does, for `/api/status`.
struct PartStatus {
    std::string name;
    std::string address;  ///< Empty where it has none.
    bool is_ready = false;
    std::string detail;  ///< Why it is not ready.
};

/// The web console's HTTP side over the ports: whatever index and log are behind.
///   GET /                  a plain page with counts and links
///   GET /api/events        search (contract §8)
///   GET /api/events/<id>   where is my event?
///   GET /api/ledger        the balance; /api/ledger?format=text for people
///   GET /api/status        every part, ready or why not
///   GET /health, /ready
/// Blocking work runs on threads of its own. Thread-safe.
class Console final : public http::Handler {
public:
    using Status = std::function<std::vector<PartStatus>()>;

    /// All references must outlive the console; `status` is called on the console's threads and may
    /// block for a moment.
    Console(ConsoleSettings settings, const event::Catalog& catalog,
            document_index::Searcher& searcher, event_log::Inspector& inspector, Status status);

    void handle(http::Request request, http::Responder responder) override;

private:
    http::Response answer(const http::Request& request);
    http::Response events(const http::Request& request);
    http::Response way(std::string_view encoded_id);
    http::Response balance(const http::Request& request);
    http::Response status_json();
    http::Response page();

    const ConsoleSettings settings_;
    const event::Catalog& catalog_;
    document_index::Searcher& searcher_;
    event_log::Inspector& inspector_;
    const Status status_;
    Workers workers_;  ///< Last: its threads use the rest.
};

}  // namespace tributary::console
