#include "dead_letters/render.h"

#include <boost/json.hpp>
#include <utility>

#include "base/rfc3339.h"
#include "ledger/dead_letter_headers.h"
#include "receipt/json_text.h"

namespace tributary::dead_letters {
namespace {

namespace header = ledger::dead_letter_header;
namespace json = boost::json;

json::string clean(std::string_view text) {
    return json::string(receipt::utf8_only(text));
}

json::object action_json(const std::string& topic, const Action& action) {
    json::object object{{"state", to_string(action.leads_to)},
                        {"by", clean(action.by)},
                        {"at", format_rfc3339(action.at)}};
    if (action.leads_to == State::redriven) {
        object["topic"] = topic;
        object["partition"] = action.partition;
        object["offset"] = action.offset;
    }
    return object;
}

json::object summary(const Letter& letter) {
    const event_log::TopicPartition origin = letter.origin_partition();
    json::object object{{"id", letter.id},
                        {"state", to_string(letter.state())},
                        {"topic", letter.topic},
                        {"reason", clean(letter.reason())},
                        {"detail", clean(letter.record.header(header::kDetail))},
                        {"status", clean(letter.record.header(header::kStatus))},
                        {"event_id", clean(letter.event_id())},
                        {"key", clean(letter.record.key)},
                        {"at", format_rfc3339(letter.record.timestamp)},
                        {"origin",
                         {{"topic", clean(origin.topic)},
                          {"partition", origin.partition},
                          {"offset", letter.origin_offset()}}},
                        {"dlq",
                         {{"topic", letter.record.topic},
                          {"partition", letter.record.partition},
                          {"offset", letter.record.offset}}},
                        {"redrives", letter.redrives()},
                        {"has_value", letter.has_value()},
                        {"value_bytes", letter.record.value.size()}};
    if (letter.action) object["action"] = action_json(letter.topic, *letter.action);
    return object;
}

}  // namespace

std::string to_json(const Page& page) {
    json::array letters;
    for (const Letter& letter : page.letters) letters.push_back(summary(letter));
    const json::object object{{"total", page.total}, {"letters", std::move(letters)}};
    return json::serialize(object);
}

std::string to_json(const Letter& letter) {
    json::object object = summary(letter);
    object["value"] = clean(letter.record.value);
    json::array headers;
    for (const event_log::RecordHeader& one : letter.record.headers) {
        headers.push_back(json::object{{"name", clean(one.name)}, {"value", clean(one.value)}});
    }
    object["headers"] = std::move(headers);
    return json::serialize(object);
}

std::string to_json(const Report& report, bool is_dry_run) {
    json::object object{{"dry_run", is_dry_run}};
    for (const Fate fate : {Fate::done, Fate::planned, Fate::refused, Fate::failed}) {
        object[to_string(fate)] = report.count(fate);
    }
    object["left"] = report.left;
    if (!report.index_trouble.empty()) object["index_trouble"] = clean(report.index_trouble);
    json::array outcomes;
    for (const Outcome& outcome : report.outcomes) {
        json::object one{{"letter", clean(outcome.letter)}, {"outcome", to_string(outcome.fate)}};
        if (!outcome.detail.empty()) one["detail"] = clean(outcome.detail);
        if (outcome.action && outcome.action->leads_to == State::redriven) {
            one["partition"] = outcome.action->partition;
            one["offset"] = outcome.action->offset;
        }
        outcomes.push_back(std::move(one));
    }
    object["outcomes"] = std::move(outcomes);
    return json::serialize(object);
}

}  // namespace tributary::dead_letters
