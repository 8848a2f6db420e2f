#include "dead_letters/letter.h"

#include <boost/json.hpp>
#include <charconv>
#include <utility>

#include "base/rfc3339.h"
#include "ledger/dead_letter_headers.h"

namespace tributary::dead_letters {
namespace {

namespace header = ledger::dead_letter_header;
namespace json = boost::json;

constexpr std::string_view kRedrivenFrom = "redriven-from";
constexpr std::string_view kRedriveCount = "redrive-count";
constexpr std::int64_t kActionVersion = 2;

std::string text_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

std::int64_t integer_of(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value != nullptr && value->is_int64() ? value->as_int64() : -1;
}

/// Version 1 was the same under another key: the letter's id alone.
bool is_readable(std::int64_t version) {
    return version == kActionVersion || version == kActionVersion - 1;
}

std::unexpected<Error> unreadable(const event_log::Record& record) {
    return fail(ErrorCode::corrupt_data,
                record.topic + "/" + std::to_string(record.partition) + " at offset " +
                    std::to_string(record.offset) +
                    " is no action of this version. Use the newest version of Tributary that has "
                    "worked on these dead letters.");
}

}  // namespace

std::string_view to_string(State state) {
    switch (state) {
        case State::open: return "open";
        case State::redriven: return "redriven";
        case State::dropped: return "dropped";
    }
    std::unreachable();
}

std::optional<State> parse_state(std::string_view text) {
    for (const State state : {State::open, State::redriven, State::dropped}) {
        if (text == to_string(state)) return state;
    }
    return std::nullopt;
}

event_log::NewRecord action_record(const Letter& letter, const Action& action) {
    json::object value{{"version", kActionVersion},
                       {"letter", letter.id},
                       {"state", to_string(action.leads_to)},
                       {"by", action.by},
                       {"at", format_rfc3339(action.at)}};
    if (action.leads_to == State::redriven) {
        value["partition"] = action.partition;
        value["offset"] = action.offset;
    }
    return {event_log::dead_letter_actions_topic(letter.topic),
            letter.action_key(),
            json::serialize(value),
            {{"content-type", "application/json"}}};
}

Result<Action> parse_action(const event_log::Record& record) {
    boost::system::error_code failure;
    const json::value value = json::parse(record.value, failure);
    if (failure || !value.is_object()) return unreadable(record);
    const json::object& object = value.as_object();
    const auto state = parse_state(text_of(object, "state"));
    const auto at = parse_rfc3339(text_of(object, "at"));
    if (!is_readable(integer_of(object, "version")) || !state || !at) return unreadable(record);
    Action action;
    action.leads_to = *state;
    action.by = text_of(object, "by");
    action.at = *at;
    action.partition = static_cast<std::int32_t>(integer_of(object, "partition"));
    action.offset = integer_of(object, "offset");
    return action;
}

std::string_view Letter::reason() const {
    return record.header(header::kReason);
}

std::string_view Letter::event_id() const {
    return record.header(header::kEventId);
}

event_log::TopicPartition Letter::origin_partition() const {
    const auto origin = ledger::letter_origin(record);
    return origin ? origin->partition : event_log::TopicPartition(record.topic, record.partition);
}

std::int64_t Letter::origin_offset() const {
    const auto origin = ledger::letter_origin(record);
    return origin ? origin->offset : record.offset;
}

std::string Letter::action_key() const {
    const std::string_view time = record.header(header::kOriginTimestamp);
    return time.empty() ? id : id + "@" + std::string(time);
}

int Letter::redrives() const {
    const std::string_view text = record.header(kRedriveCount);
    int count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (error == std::errc() && end == text.data() + text.size() && count > 0) return count;
    // Somebody else's tool redrove it: that it was, is known; how often, is not.
    return record.header(kRedrivenFrom).empty() ? 0 : 1;
}

bool Letter::has_value() const {
    return record.header(header::kValueSha256).empty();
}

Letter parse_letter(const std::string& topic, event_log::Record record) {
    Letter letter;
    letter.topic = topic;
    letter.record = std::move(record);
    const auto partition = letter.origin_partition();
    letter.id = partition.topic + "-" + std::to_string(partition.partition) + "-" +
                std::to_string(letter.origin_offset());
    return letter;
}

event_log::NewRecord redriven_record(const Letter& letter) {
    std::vector<event_log::RecordHeader> headers;
    for (const event_log::RecordHeader& original : letter.record.headers) {
        const bool is_ours = original.name.starts_with(header::kPrefix) ||
                             original.name == kRedrivenFrom || original.name == kRedriveCount;
        if (!is_ours) headers.push_back(original);
    }
    headers.emplace_back(std::string(kRedrivenFrom), letter.id);
    headers.emplace_back(std::string(kRedriveCount), std::to_string(letter.redrives() + 1));
    return {letter.topic, letter.record.key, letter.record.value, std::move(headers)};
}

}  // namespace tributary::dead_letters
