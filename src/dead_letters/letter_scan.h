#pragma once

#include <functional>
#include <map>
#include <string>

#include "base/result.h"
#include "dead_letters/letter.h"
#include "event_log/event_log.h"

namespace tributary::dead_letters {

/// Every action on letters of `topic` by the record's key, the last one each.
Result<std::map<std::string, Action>> read_actions(event_log::Inspector& log,
                                                   const std::string& topic);

/// Calls `visit` for every letter of `topic`, with what was done with it. A record that was
/// dead-lettered twice (the Consumer was killed in between) is one letter: the first one counts.
/// Letters of a topic that was deleted and made anew are others, though their ids may be the same.
/// A topic that nobody has created has no letters. Reads page by page; blocks.
Result<void> for_each_letter(event_log::Inspector& log, const std::string& topic,
                             const std::function<void(Letter)>& visit);

/// The letter at one place of `<topic>.dlq`, without its action; `not_found` where it is gone.
Result<Letter> read_letter(event_log::Inspector& log, const std::string& topic,
                           std::int32_t partition, std::int64_t offset);

}  // namespace tributary::dead_letters
