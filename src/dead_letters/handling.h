#pragma once

#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dead_letters/dead_letters.h"

namespace tributary::dead_letters {

/// Carries out one order, some letters at a time, in the order of their origin. Blocks; one thread.
class Handling {
public:
    /// All must outlive this object.
    Handling(const Order& order, event_log::Writer& log, const Clock& clock)
        : order_(order), log_(log), clock_(clock) {}

    /// One outcome per letter, in the order given.
    std::vector<Outcome> handle(const std::vector<Letter>& letters);

private:
    /// The letters that may go at once: of each key only the first one that is still to be done.
    [[nodiscard]] std::vector<std::size_t> next_wave(const std::vector<Letter>& letters,
                                                     const std::vector<Outcome>& outcomes) const;
    void redrive(const std::vector<Letter>& letters, const std::vector<std::size_t>& wave,
                 std::vector<Outcome>& outcomes);
    void record_actions(const std::vector<Letter>& letters, const std::vector<std::size_t>& wave,
                        std::vector<Outcome>& outcomes);
    std::vector<event_log::AppendOutcome> append(std::vector<event_log::NewRecord> records);

    const Order& order_;
    event_log::Writer& log_;
    const Clock& clock_;
    std::set<std::string> stopped_keys_;  ///< `topic NUL key` whose earlier letter has failed.
};

}  // namespace tributary::dead_letters
