#include "dead_letters/dead_letters.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "base/rfc3339.h"
#include "dead_letters/handling.h"
#include "dead_letters/index_status.h"
#include "dead_letters/letter_scan.h"

namespace tributary::dead_letters {
namespace {

/// Where a letter lies: what is kept of many letters while they are sorted.
struct Place {
    std::string topic;
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    Timestamp at;
    std::int32_t origin_partition = 0;
    std::int64_t origin_offset = 0;
    std::optional<Action> action;
};

Place place_of(const Letter& letter) {
    return {letter.topic,
            letter.record.partition,
            letter.record.offset,
            letter.record.timestamp,
            letter.origin_partition().partition,
            letter.origin_offset(),
            letter.action};
}

Result<Letter> read_at(event_log::Inspector& log, const Place& place) {
    auto letter = read_letter(log, place.topic, place.partition, place.offset);
    if (letter) letter->action = place.action;
    return letter;
}

Outcome refused(const std::string& id, std::string detail) {
    return {id, Fate::refused, std::move(detail), std::nullopt};
}

/// Why an order leaves this letter alone; empty where it does not.
std::string objection(const Letter& letter, const Order& order) {
    if (letter.action) {
        return fmt::format("It was {} already, by {} at {}.", to_string(letter.state()),
                           letter.action->by, format_rfc3339(letter.action->at));
    }
    if (order.leads_to != State::redriven) return "";
    if (!letter.has_value()) {
        return "Its value was too large to be kept, so there is nothing to send again; send the "
               "event itself.";
    }
    if (letter.redrives() >= kMaxRedrives && !order.is_forced) {
        return fmt::format(
            "It was redriven {} times and came back each time; find the cause ({}), or force it.",
            letter.redrives(), letter.reason());
    }
    return "";
}

/// Where the letters lie that the order will act on, by origin. What it leaves alone goes into the
/// report.
Result<std::vector<Place>> select(event_log::Inspector& log, const std::vector<std::string>& topics,
                                  const Order& order, Report& report) {
    Filter filter = order.filter;
    // Letters named one by one get an answer each, those that are done already too.
    filter.state = filter.ids.empty() ? std::optional(State::open) : std::nullopt;
    std::vector<Place> places;
    std::set<std::string> missing(filter.ids.begin(), filter.ids.end());
    for (const std::string& topic : topics) {
        const auto read = for_each_letter(log, topic, [&](const Letter& letter) {
            if (!filter.matches(letter)) return;
            missing.erase(letter.id);
            const std::string reason = objection(letter, order);
            if (!reason.empty()) {
                report.outcomes.push_back(refused(letter.id, reason));
            } else {
                places.push_back(place_of(letter));
            }
        });
        if (!read) return std::unexpected(read.error());
    }
    for (const std::string& id : missing) {
        report.outcomes.push_back(refused(id, "There is no such dead letter."));
    }
    std::ranges::sort(places, [](const Place& a, const Place& b) {
        return std::tie(a.topic, a.origin_partition, a.origin_offset) <
               std::tie(b.topic, b.origin_partition, b.origin_offset);
    });
    // Cut only once sorted: what is left must be the later ones of every key.
    if (places.size() > kMaxLettersPerOrder) {
        report.left = places.size() - kMaxLettersPerOrder;
        places.resize(kMaxLettersPerOrder);
    }
    return places;
}

std::vector<Letter> load(event_log::Inspector& log, std::span<const Place> places, Report& report) {
    std::vector<Letter> letters;
    for (const Place& place : places) {
        auto letter = read_at(log, place);
        if (letter) {
            letters.push_back(std::move(*letter));
            continue;
        }
        const std::string id =
            fmt::format("{}-{}-{}", place.topic, place.origin_partition, place.origin_offset);
        report.outcomes.push_back({id, Fate::failed, letter.error().message, std::nullopt});
    }
    return letters;
}

}  // namespace

std::string_view to_string(Fate fate) {
    switch (fate) {
        case Fate::done: return "done";
        case Fate::planned: return "planned";
        case Fate::refused: return "refused";
        case Fate::failed: return "failed";
    }
    std::unreachable();
}

bool Filter::matches(const Letter& letter) const {
    const auto is = [](const std::string& wanted, std::string_view found) {
        return wanted.empty() || wanted == found;
    };
    const Timestamp at = letter.record.timestamp;
    return is(topic, letter.topic) && is(reason, letter.reason()) &&
           is(event_id, letter.event_id()) && is(key, letter.record.key) &&
           (ids.empty() || std::ranges::find(ids, letter.id) != ids.end()) &&
           (!after || at >= *after) && (!before || at < *before) &&
           (!state || letter.state() == *state);
}

std::uint64_t Report::count(Fate fate) const {
    return static_cast<std::uint64_t>(
        std::ranges::count_if(outcomes, [&](const Outcome& one) { return one.fate == fate; }));
}

DeadLetters::DeadLetters(const event::Catalog& catalog, event_log::Inspector& inspector,
                         event_log::Writer& log, document_index::Searcher& searcher,
                         document_index::Writer& index, const Clock& clock)
    : catalog_(catalog),
      inspector_(inspector),
      log_(log),
      searcher_(searcher),
      index_(index),
      clock_(clock) {
}

Result<std::vector<std::string>> DeadLetters::topics_of(const Filter& filter) const {
    std::vector<std::string> topics;
    for (const event::EntityType& type : catalog_.types()) {
        if (filter.topic.empty() || filter.topic == type.topic) topics.push_back(type.topic);
    }
    if (!topics.empty()) return topics;
    std::vector<std::string> known;
    for (const event::EntityType& type : catalog_.types()) known.push_back(type.topic);
    return fail(ErrorCode::invalid_input, fmt::format("There is no topic \"{}\"; use one of {}.",
                                                      filter.topic, fmt::join(known, ", ")));
}

Result<Page> DeadLetters::list(const Filter& filter, std::size_t from, std::size_t size) {
    const auto topics = topics_of(filter);
    if (!topics) return std::unexpected(topics.error());
    std::vector<Place> places;
    for (const std::string& topic : *topics) {
        const auto read = for_each_letter(inspector_, topic, [&](const Letter& letter) {
            if (filter.matches(letter)) places.push_back(place_of(letter));
        });
        if (!read) return std::unexpected(read.error());
    }
    std::ranges::stable_sort(places, [](const Place& a, const Place& b) {
        return std::tie(a.at, a.offset) > std::tie(b.at, b.offset);
    });
    Page page;
    page.total = places.size();
    for (std::size_t i = from; i < places.size() && page.letters.size() < size; ++i) {
        auto letter = read_at(inspector_, places[i]);
        if (!letter) return std::unexpected(letter.error());
        page.letters.push_back(std::move(*letter));
    }
    return page;
}

Result<Letter> DeadLetters::show(const std::string& id) {
    Filter filter;
    filter.ids = {id};
    auto page = list(filter, 0, 1);
    if (!page) return std::unexpected(page.error());
    if (!page->letters.empty()) return std::move(page->letters.front());
    return fail(ErrorCode::not_found, fmt::format("There is no dead letter \"{}\".", id));
}

Result<Report> DeadLetters::act(const Order& order) {
    const std::scoped_lock lock(acting_);
    const SteadyTime begun = clock_.steady_now();
    const auto topics = topics_of(order.filter);
    if (!topics) return std::unexpected(topics.error());
    Report report;
    const auto places = select(inspector_, *topics, order, report);
    if (!places) return std::unexpected(places.error());

    Handling handling(order, log_, clock_);
    IndexStatus index(searcher_, index_);
    constexpr std::size_t kLettersAtOnce = 100;
    for (std::size_t first = 0; first < places->size(); first += kLettersAtOnce) {
        // At least some, so that who orders again and again comes to an end.
        const bool is_late = order.time_limit && clock_.steady_now() - begun >= *order.time_limit;
        if (first > 0 && is_late && !order.is_dry_run) {
            report.left += places->size() - first;
            break;
        }
        const std::size_t count = std::min(kLettersAtOnce, places->size() - first);
        const auto letters = load(inspector_, std::span(*places).subspan(first, count), report);
        auto outcomes = handling.handle(letters);
        if (!order.is_dry_run) index.update(outcomes);
        std::ranges::move(outcomes, std::back_inserter(report.outcomes));
    }
    report.index_trouble = index.trouble();
    return report;
}

}  // namespace tributary::dead_letters
