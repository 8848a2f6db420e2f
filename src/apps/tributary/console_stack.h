#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/index_backend.h"
#include "apps/log_backend.h"
#include "console/console.h"
#include "console/guard.h"
#include "dead_letters/dead_letters.h"

namespace tributary::apps {

/// The console over a log and an index, with what it needs of them. `tributary up` and
/// `tributary console` differ only in what stands before it.
class ConsoleStack {
public:
    /// All must outlive this object.
    ConsoleStack(console::ConsoleSettings settings, const event::Catalog& catalog, LogBackend& log,
                 IndexBackend& index, console::Console::Status status, const Clock& clock);

    [[nodiscard]] http::Handler& handler() { return console_; }
    /// Before the log and the index go.
    void drain(std::chrono::milliseconds limit) { log_writer_->drain(limit); }

private:
    std::unique_ptr<event_log::Inspector> inspector_;
    std::unique_ptr<event_log::Writer> log_writer_;
    std::unique_ptr<document_index::Searcher> searcher_;
    std::unique_ptr<document_index::Writer> index_writer_;
    dead_letters::DeadLetters letters_;
    console::Console console_;
};

console::ConsoleSettings console_settings(const settings::Settings& values);
console::GuardSettings guard_settings(const settings::Settings& values);

/// Asks the part's /ready; waits at most a second.
console::PartStatus probe(const std::string& name, const std::string& url);

}  // namespace tributary::apps
