#include "dead_letters/handling.h"

#include <fmt/format.h>
#include <future>
#include <memory>
#include <utility>

namespace tributary::dead_letters {
namespace {

std::string lane_of(const Letter& letter) {
    return letter.topic + '\0' + letter.record.key;
}

/// Which letters of a wave have not failed, so that something is still to be done for them.
std::vector<std::size_t> not_failed(const std::vector<std::size_t>& wave,
                                    const std::vector<Outcome>& outcomes) {
    std::vector<std::size_t> rest;
    for (const std::size_t i : wave) {
        if (outcomes[i].fate != Fate::failed) rest.push_back(i);
    }
    return rest;
}

}  // namespace

std::vector<Outcome> Handling::handle(const std::vector<Letter>& letters) {
    std::vector<Outcome> outcomes;
    outcomes.reserve(letters.size());
    for (const Letter& letter : letters) {
        outcomes.push_back({letter.id, Fate::planned, "", std::nullopt});
    }
    if (order_.is_dry_run) return outcomes;
    if (order_.leads_to == State::dropped) {
        std::vector<std::size_t> all(letters.size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        record_actions(letters, all, outcomes);
        return outcomes;
    }
    while (true) {
        const std::vector<std::size_t> wave = next_wave(letters, outcomes);
        if (wave.empty()) break;
        redrive(letters, wave, outcomes);
        record_actions(letters, not_failed(wave, outcomes), outcomes);
        for (const std::size_t i : wave) {
            if (outcomes[i].fate == Fate::failed) stopped_keys_.insert(lane_of(letters[i]));
        }
    }
    for (Outcome& outcome : outcomes) {
        if (outcome.fate != Fate::planned) continue;
        outcome.fate = Fate::failed;
        outcome.detail =
            "An earlier letter of the same key could not be redriven; it must go "
            "first.";
    }
    return outcomes;
}

std::vector<std::size_t> Handling::next_wave(const std::vector<Letter>& letters,
                                             const std::vector<Outcome>& outcomes) const {
    std::vector<std::size_t> wave;
    std::set<std::string> taken;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (outcomes[i].fate != Fate::planned) continue;
        std::string lane = lane_of(letters[i]);
        if (stopped_keys_.contains(lane) || !taken.insert(std::move(lane)).second) continue;
        wave.push_back(i);
    }
    return wave;
}

void Handling::redrive(const std::vector<Letter>& letters, const std::vector<std::size_t>& wave,
                       std::vector<Outcome>& outcomes) {
    std::vector<event_log::NewRecord> records;
    for (const std::size_t i : wave) records.push_back(redriven_record(letters[i]));
    const auto written = append(std::move(records));
    for (std::size_t n = 0; n < wave.size(); ++n) {
        Outcome& outcome = outcomes[wave[n]];
        if (!written[n]) {
            outcome.fate = Fate::failed;
            outcome.detail = written[n].error().message;
            continue;
        }
        Action action;
        action.leads_to = State::redriven;
        action.partition = written[n]->partition;
        action.offset = written[n]->offset;
        outcome.action = std::move(action);
    }
}

void Handling::record_actions(const std::vector<Letter>& letters,
                              const std::vector<std::size_t>& wave,
                              std::vector<Outcome>& outcomes) {
    if (wave.empty()) return;
    std::vector<event_log::NewRecord> records;
    for (const std::size_t i : wave) {
        Action action = outcomes[i].action.value_or(Action());
        action.leads_to = order_.leads_to;
        action.by = order_.by;
        action.at = clock_.now();
        outcomes[i].action = action;
        records.push_back(action_record(letters[i], action));
    }
    const auto written = append(std::move(records));
    for (std::size_t n = 0; n < wave.size(); ++n) {
        Outcome& outcome = outcomes[wave[n]];
        outcome.fate = written[n] ? Fate::done : Fate::failed;
        if (written[n]) continue;
        outcome.action.reset();
        outcome.detail = fmt::format(
            "What was done could not be recorded: {} The letter stays open; doing it again does "
            "no harm.",
            written[n].error().message);
    }
}

std::vector<event_log::AppendOutcome> Handling::append(std::vector<event_log::NewRecord> records) {
    const std::size_t count = records.size();
    const auto promise = std::make_shared<std::promise<std::vector<event_log::AppendOutcome>>>();
    auto future = promise->get_future();
    log_.append(std::move(records),
                [promise](auto outcomes) { promise->set_value(std::move(outcomes)); });
    auto outcomes = future.get();
    outcomes.resize(count, fail(ErrorCode::internal, "The log gave no outcome for this record."));
    return outcomes;
}

}  // namespace tributary::dead_letters
