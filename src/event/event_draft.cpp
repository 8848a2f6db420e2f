#include "event/event_draft.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "event/attribute_rules.h"
#include "event/json_text.h"
#include "event/schema.h"
#include "tracing/trace_context.h"

namespace tributary::event {
namespace {

constexpr std::string_view kContentType = "application/json";

/// Names that the document uses for itself.
constexpr std::array<std::string_view, 3> kReserved{"kafka", "pipeline", "text"};

bool is_reserved(std::string_view name) {
    return std::ranges::find(kReserved, name) != kReserved.end();
}

void append_member(std::string& out, std::string_view name, std::string_view text) {
    out += ",\"";
    out += name;
    out += "\":";
    append_json_string(out, text);
}

}  // namespace

void EventDraft::clear() {
    id = source = subject = type_name = time = traceparent = content_type = {};
    utc_time.clear();
    extensions.clear();
    data = {};
    is_cloud_event = has_type = false;
    violations.clear();
    is_binary_ = has_specversion_ = has_id_ = has_source_ = has_data_ = false;
    unsupported_.clear();
    kept_.clear();
}

void EventDraft::read_cloud_event(const JsonValue& value) {
    is_cloud_event = true;
    for (const JsonMember& member : value.members) {
        if (member.name == "data") {
            read_data(member, value.data_members);
        } else if (member.kind != JsonKind::null) {  // CloudEvents: null means unset.
            read_attribute(member);
        }
    }
    require_attributes();
}

void EventDraft::read_wrapped(const JsonValue& value) {
    for (const JsonMember& member : value.members) {
        if (member.name == "data") {
            read_data(member, value.data_members);
        } else if (member.name == "type") {
            read_type(member);
        } else if (member.name == "id") {
            read_id(member);
        } else if (member.name == "time") {
            read_time(member);
        } else if (member.name == "subject") {
            read_text(member, subject);
        } else if (member.name == "source") {
            complain("source",
                     "is set by the receiver; send a CloudEvent (with specversion) to bring one.");
        } else {
            complain(member.name,
                     "is not known beside data; move it into data, or leave data out and send the "
                     "entity's fields beside type.");
        }
    }
}

void EventDraft::read_flat(const JsonValue& value) {
    data.members = &value.members;
    for (const JsonMember& member : value.members) {
        if (member.name != "type") continue;
        data.is_without_type = true;
        read_type(member);
    }
    has_data_ = value.members.size() > (data.is_without_type ? 1U : 0U);
    if (!has_data_) {
        data.members = nullptr;
        add_violation("/data", "is missing; it must be an object with at least one member.");
    }
}

void EventDraft::read_headers(const Envelope& envelope) {
    kept_.reserve(envelope.ce_attributes.size() * 2);  // Views point into it.
    for (auto field = envelope.ce_attributes.begin(); field != envelope.ce_attributes.end();
         ++field) {
        const auto& [name, value] = *field;
        const auto is_same = [&](const auto& other) { return other.first == name; };
        if (std::find_if(envelope.ce_attributes.begin(), field, is_same) != field) {
            complain(name, "is there twice.");
            continue;
        }
        JsonMember member;
        member.name = name;
        member.kind = JsonKind::string;
        member.text = kept_.emplace_back(percent_decoded(value));
        if (find_invalid_utf8(member.text) != std::string_view::npos) {
            complain(name, "is not UTF-8.");
            member.text = {};
            continue;
        }
        if (name == "datacontenttype" || name == "data") {
            complain(name, name == "data" ? "is not an attribute; the body is the data."
                                          : "is not an attribute; Content-Type says it.");
            continue;
        }
        std::string quoted;
        append_json_string(quoted, member.text);
        member.raw = kept_.emplace_back(std::move(quoted));
        read_attribute(member);
    }
}

void EventDraft::read_binary(const JsonValue& body, const Envelope& envelope) {
    is_cloud_event = is_binary_ = true;
    content_type = envelope.content_type;
    read_headers(envelope);
    require_attributes();
    if (body.kind != JsonKind::object || body.members.empty()) {
        add_violation("", body.kind == JsonKind::object
                              ? "The body, which is data, must not be empty."
                              : fmt::format("The body, which is data, must be an object; it is {}.",
                                            with_article(body.kind)));
        return;
    }
    has_data_ = true;
    data.object = body.raw;
    data.members = &body.members;
}

void EventDraft::settle_subject(const EntityType& type) {
    if (!subject.empty() || data.members == nullptr) return;
    const auto member = std::ranges::find(*data.members, type.id_field, &JsonMember::name);
    if (member == data.members->end() || is_left_out(*member)) return;
    const auto refuse = [&](std::string_view message) {
        add_violation(std::string(data.pointer) + pointer_to(type.id_field), std::string(message));
    };
    const bool is_unset = member->kind == JsonKind::null ||
                          (member->kind == JsonKind::string && member->text.empty());
    if (is_unset) return;
    if (member->kind != JsonKind::string && member->kind != JsonKind::number) {
        refuse(fmt::format("is the entity's own id and must be a string or a number; it is {}.",
                           with_article(member->kind)));
    } else if (const auto flaw = flaw_of_text(member->text)) {
        refuse(*flaw);
    } else {
        subject = member->text;
    }
}

void EventDraft::check_schema(const EntityType& type) {
    if (type.schema == nullptr || data.members == nullptr) return;
    std::string text;
    append_data(text);
    for (Violation& violation : type.schema->check(text, data.pointer)) {
        violations.push_back(std::move(violation));
    }
}

Event EventDraft::compose(const EntityType& type) const {
    Event event;
    event.id = id;
    event.source = source;
    event.subject = subject;
    event.time = utc_time;
    event.traceparent = traceparent;
    event.type = &type;
    std::string& json = event.json;
    // What waits for Kafka is mostly these bytes, so there are few to spare.
    constexpr std::size_t kNames = 160;
    constexpr std::size_t kComposedData = 1024;  // Of a form, which has no text of its own.
    json.reserve(kNames + id.size() + source.size() + subject.size() + utc_time.size() +
                 content_type.size() + traceparent.size() +
                 (data.object.empty() ? kComposedData : data.object.size()));
    json += R"({"specversion":"1.0")";
    append_member(json, "id", id);
    append_member(json, "source", source);
    append_member(json, "type", type.name);
    if (!subject.empty()) append_member(json, "subject", subject);
    append_member(json, "time", time);
    append_member(json, "datacontenttype", content_type.empty() ? kContentType : content_type);
    if (!traceparent.empty()) append_member(json, "traceparent", traceparent);
    for (const Extension& extension : extensions) {
        json += ",\"";
        json += extension.name;
        json += "\":";
        json += extension.raw;
    }
    json += ",\"data\":";
    event.data_begin = json.size();
    append_data(json);
    event.data_size = json.size() - event.data_begin;
    json += '}';
    return event;
}

void EventDraft::add_violation(std::string pointer, std::string message) {
    violations.emplace_back(std::move(pointer), std::move(message));
}

Rejection EventDraft::rejection() {
    // Where the id itself is refused there is none to speak of.
    std::string known_id = flaw_of_id(id) ? std::string() : std::string(id);
    if (!unsupported_.empty()) {
        return {Rejection::Kind::unsupported_format, unsupported_, {}, std::move(known_id)};
    }
    const Violation& first = violations.front();
    std::string detail =
        violations.size() == 1
            ? "The event is not valid: "
            : fmt::format("The event is not valid in {} places; the first: ", violations.size());
    detail +=
        first.pointer.empty() ? first.message : fmt::format("{} {}", first.pointer, first.message);
    return {Rejection::Kind::invalid, std::move(detail), std::move(violations),
            std::move(known_id)};
}

void EventDraft::read_attribute(const JsonMember& member) {
    if (member.name == "specversion") {
        read_specversion(member);
    } else if (member.name == "id") {
        read_id(member);
    } else if (member.name == "source") {
        has_source_ = true;
        read_text(member, source);
    } else if (member.name == "type") {
        read_type(member);
    } else if (member.name == "subject") {
        read_text(member, subject);
    } else if (member.name == "time") {
        read_time(member);
    } else if (member.name == "datacontenttype") {
        read_content_type(member);
    } else if (member.name == "traceparent") {
        if (member.kind == JsonKind::string && tracing::is_traceparent(member.text)) {
            traceparent = member.text;  // Any other is replaced (W3C Trace Context, 3.2.2).
        }
    } else if (member.name == "data_base64") {
        has_data_ = true;
        complain("data_base64", "is not read; send the entity as a JSON object in data.");
    } else {
        read_extension(member);
    }
}

void EventDraft::read_extension(const JsonMember& member) {
    if (!is_attribute_name(member.name)) {
        complain(member.name,
                 "is no attribute of CloudEvents: names are small letters and digits.");
    } else if (is_reserved(member.name)) {
        complain(member.name, "is a name that the stored document uses for itself.");
    } else if (member.kind == JsonKind::object || member.kind == JsonKind::array) {
        complain(member.name, fmt::format("must be a string, a number or a boolean; it is {}.",
                                          with_article(member.kind)));
    } else if (member.kind == JsonKind::string && !member.text.empty() &&
               flaw_of_text(member.text)) {
        complain(member.name, *flaw_of_text(member.text));
    } else {
        extensions.push_back({member.name, member.raw});
    }
}

void EventDraft::read_specversion(const JsonMember& member) {
    has_specversion_ = true;
    if (!is_string(member) || member.text == "1.0") return;
    unsupported_ = fmt::format("The event's specversion is \"{}\"; only \"1.0\" is read.",
                               shortened(member.text));
}

void EventDraft::read_id(const JsonMember& member) {
    has_id_ = true;
    if (!is_string(member)) return;
    id = member.text;
    if (const auto flaw = flaw_of_id(id)) complain("id", *flaw);
}

void EventDraft::read_type(const JsonMember& member) {
    has_type = true;
    if (!is_string(member)) return;
    type_name = member.text;
    if (type_name.empty()) complain("type", "must not be empty.");
}

void EventDraft::read_time(const JsonMember& member) {
    if (!is_string(member)) return;
    auto utc = event::utc_time(member.text);
    if (!utc) {
        complain("time", fmt::format("\"{}\" is no RFC 3339 date-time such as "
                                     "2026-11-23T06:00:00Z.",
                                     shortened(member.text)));
        return;
    }
    time = member.text;
    utc_time = std::move(*utc);
}

void EventDraft::read_text(const JsonMember& member, std::string_view& out) {
    if (!is_string(member)) return;
    if (const auto flaw = flaw_of_text(member.text)) {
        complain(member.name, *flaw);
        return;
    }
    out = member.text;
}

void EventDraft::read_content_type(const JsonMember& member) {
    if (!is_string(member)) return;
    if (!is_json_content_type(member.text) || flaw_of_text(member.text)) {
        complain("datacontenttype", fmt::format("is \"{}\"; data is read only as JSON in UTF-8.",
                                                shortened(member.text)));
        return;
    }
    content_type = member.text;
}

void EventDraft::read_data(const JsonMember& member, const std::vector<JsonMember>& members) {
    has_data_ = true;
    if (member.kind != JsonKind::object) {
        complain("data", fmt::format("must be an object; it is {}.", with_article(member.kind)));
    } else if (members.empty()) {
        complain("data", "must not be empty.");
    } else {
        data.object = member.raw;
        data.members = &members;
        data.pointer = "/data";
    }
}

void EventDraft::require_attributes() {
    constexpr std::string_view kMissing = "is missing; every CloudEvent has one.";
    if (!has_specversion_) complain("specversion", "is missing; it must be \"1.0\".");
    if (!has_id_) complain("id", kMissing);
    if (!has_source_) complain("source", kMissing);
    if (!has_type) complain("type", kMissing);
    has_type = true;
    if (!has_data_ && !is_binary_) {
        complain("data", "is missing; it must be an object with at least one member.");
    }
}

bool EventDraft::is_string(const JsonMember& member) {
    if (member.kind == JsonKind::string) return true;
    complain(member.name, fmt::format("must be a string; it is {}.", with_article(member.kind)));
    return false;
}

/// Headers have no JSON pointer; their violations name them instead.
void EventDraft::complain(std::string_view attribute, std::string_view message) {
    if (is_binary_) {
        add_violation("", fmt::format("The header ce-{} {}", shortened(attribute), message));
    } else {
        add_violation(pointer_to(attribute), std::string(message));
    }
}

bool EventDraft::is_left_out(const JsonMember& member) const {
    return data.is_without_type && member.name == "type";
}

void EventDraft::append_data(std::string& out) const {
    if (!data.object.empty()) {
        append_on_one_line(out, data.object);
        return;
    }
    char separator = '{';
    for (const JsonMember& member : *data.members) {
        if (is_left_out(member)) continue;
        out += separator;
        separator = ',';
        append_json_string(out, member.name);
        out += ':';
        append_on_one_line(out, member.raw);
    }
    out += '}';
}

}  // namespace tributary::event
