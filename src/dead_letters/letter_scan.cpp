#include "dead_letters/letter_scan.h"

#include <chrono>
#include <optional>
#include <set>
#include <utility>

namespace tributary::dead_letters {

using event_log::for_each_record;
using event_log::Inspector;
using event_log::Record;
using event_log::TopicPartition;

namespace {

using Actions = std::map<std::string, Action>;

/// Actions of version 1 stand under the id alone. They are of letters that were there when they
/// were done; a letter of that id which came later is another one. Clocks may differ a little.
std::optional<Action> action_on(const Actions& actions, const Letter& letter) {
    constexpr std::chrono::minutes kClocksDiffer{1};
    const std::string key = letter.action_key();
    if (const auto exact = actions.find(key); exact != actions.end()) return exact->second;
    const auto older = actions.find(letter.id);
    if (older == actions.end() || older->second.at + kClocksDiffer < letter.record.timestamp) {
        return std::nullopt;
    }
    return older->second;
}

}  // namespace

Result<std::map<std::string, Action>> read_actions(Inspector& log, const std::string& topic) {
    std::map<std::string, Action> actions;
    // One key is in one partition, so the last one that is seen is the last one that was done.
    const auto read = for_each_record(log, event_log::dead_letter_actions_topic(topic),
                                      [&](const Record& record) {
                                          auto action = parse_action(record);
                                          if (!action)
                                              return Result<void>(std::unexpected(action.error()));
                                          actions[record.key] = std::move(*action);
                                          return Result<void>();
                                      });
    if (!read) return std::unexpected(read.error());
    return actions;
}

Result<void> for_each_letter(Inspector& log, const std::string& topic,
                             const std::function<void(Letter)>& visit) {
    const auto actions = read_actions(log, topic);
    if (!actions) return std::unexpected(actions.error());
    std::set<std::string> seen;
    return for_each_record(log, event_log::dead_letter_topic(topic), [&](Record record) {
        Letter letter = parse_letter(topic, std::move(record));
        if (!seen.insert(letter.action_key()).second) return Result<void>();
        letter.action = action_on(*actions, letter);
        visit(std::move(letter));
        return Result<void>();
    });
}

Result<Letter> read_letter(Inspector& log, const std::string& topic, std::int32_t partition,
                           std::int64_t offset) {
    auto records =
        log.read(TopicPartition(event_log::dead_letter_topic(topic), partition), offset, 1);
    if (!records) return std::unexpected(records.error());
    if (records->empty() || records->front().offset != offset) {
        return fail(ErrorCode::not_found, "The dead letter at offset " + std::to_string(offset) +
                                              " of " + event_log::dead_letter_topic(topic) +
                                              " is not there any more.");
    }
    return parse_letter(topic, std::move(records->front()));
}

}  // namespace tributary::dead_letters
