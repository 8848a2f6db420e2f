#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/event_log.h"

namespace tributary::dead_letters {

/// What a dead letter is now. Open ones are those that nobody has acted on.
enum class State { open, redriven, dropped };

/// `open`, `redriven`, `dropped`: as they are stored, shown and asked for.
std::string_view to_string(State state);
std::optional<State> parse_state(std::string_view text);

/// What was done with a letter, by whom and when: one record of `T.dlq.actions`, under the letter's
/// `action_key`. The last one counts.
struct Action {
    State leads_to = State::redriven;
    std::string by;
    Timestamp at;
    /// Redriven: where the new record lies in T.
    std::int32_t partition = -1;
    std::int64_t offset = -1;
};

struct Letter;

/// The record that states it, and back. `corrupt_data` where a newer version or something else
/// wrote it.
event_log::NewRecord action_record(const Letter& letter, const Action& action);
Result<Action> parse_action(const event_log::Record& record);

/// One dead letter: its record in `T.dlq`, and what was done with it.
struct Letter {
    /// `<topic>-<partition>-<offset>` of its origin, which is its id in `dead-letters-index` too;
    /// of its own place in `T.dlq` where it names no origin.
    std::string id;
    std::string topic;  ///< T, where it goes when it is redriven.
    event_log::Record record;
    std::optional<Action> action;

    [[nodiscard]] State state() const { return action ? action->leads_to : State::open; }
    [[nodiscard]] std::string_view reason() const;
    [[nodiscard]] std::string_view event_id() const;
    /// The origin's partition and offset; the letter's own where it names none.
    [[nodiscard]] event_log::TopicPartition origin_partition() const;
    [[nodiscard]] std::int64_t origin_offset() const;
    /// The id, and where it is known the time of the origin: a topic that was deleted and made anew
    /// gives its offsets again, and so do its letters their ids.
    [[nodiscard]] std::string action_key() const;
    /// How often this event was redriven before it ended here.
    [[nodiscard]] int redrives() const;
    /// False where only length and hash of a too large value were kept.
    [[nodiscard]] bool has_value() const;
};

/// A record of `<topic>.dlq` as a letter that nobody has acted on.
Letter parse_letter(const std::string& topic, event_log::Record record);

/// The record that gives the letter another try: key, value and headers of the original, and
/// `redriven-from`, `redrive-count`.
event_log::NewRecord redriven_record(const Letter& letter);

}  // namespace tributary::dead_letters
