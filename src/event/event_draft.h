#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/catalog.h"
#include "event/decoder.h"
#include "event/event.h"
#include "event/json_reader.h"

namespace tributary::event {

/// `data` as it was sent: a JSON object, or the members of a flat object without its `type`.
struct DataPart {
    std::string_view object;                           ///< Empty for a flat object.
    const std::vector<JsonMember>* members = nullptr;  ///< Null where there is no data.
    bool is_without_type = false;                      ///< The member `type` is not data's.
    std::string_view pointer;  ///< Where data's members lie in what was sent: `/data` or nothing.
};

/// What one input says about its event, gathered before it is judged as a whole, with everything
/// that is wrong with it. Views into the reader's memory or the envelope; empty means absent.
class EventDraft {
public:
    /// An attribute of CloudEvents that is passed on as it is.
    struct Extension {
        std::string_view name;
        std::string_view raw;
    };

    void clear();

    /// A CloudEvent as JSON: all of its members.
    void read_cloud_event(const JsonValue& value);
    /// `{"type":…,"data":{…}}`; `data` and what it has to do with the event.
    void read_wrapped(const JsonValue& value);
    /// The entity's own fields beside `type`.
    void read_flat(const JsonValue& value);
    /// A CloudEvent in binary mode: attributes from headers (`ce-…`), the body is `data`.
    void read_binary(const JsonValue& body, const Envelope& envelope);

    /// Settles the subject: the entity's own id, unless the event has brought one.
    void settle_subject(const EntityType& type);
    /// The rest of `data`'s rules: those of the operator's schema. Only sound data is looked at.
    void check_schema(const EntityType& type);

    /// The event as one line of JSON; everything must have been settled.
    [[nodiscard]] Event compose(const EntityType& type) const;

    /// A violation of an attribute, which `message` says without naming it.
    void complain(std::string_view attribute, std::string_view message);
    void add_violation(std::string pointer, std::string message);
    /// The violations as a rejection; `specversion` comes first, since it decides about the rest.
    [[nodiscard]] Rejection rejection();

    std::string_view id;
    std::string_view source;
    std::string_view subject;
    std::string_view type_name;
    std::string_view time;  ///< As it was spelled.
    std::string utc_time;   ///< The same in UTC.
    std::string_view traceparent;
    std::string_view content_type;
    std::vector<Extension> extensions;
    DataPart data;
    bool is_cloud_event = false;
    bool has_type = false;  ///< Whether its type, right or wrong, has been dealt with.
    std::vector<Violation> violations;

    /// Whether nothing was found wrong so far.
    [[nodiscard]] bool is_sound() const { return violations.empty() && unsupported_.empty(); }

private:
    void read_headers(const Envelope& envelope);
    void read_attribute(const JsonMember& member);
    void read_extension(const JsonMember& member);
    void read_specversion(const JsonMember& member);
    void read_id(const JsonMember& member);
    void read_type(const JsonMember& member);
    void read_time(const JsonMember& member);
    void read_text(const JsonMember& member, std::string_view& out);
    void read_content_type(const JsonMember& member);
    void read_data(const JsonMember& member, const std::vector<JsonMember>& members);
    void require_attributes();
    bool is_string(const JsonMember& member);
    [[nodiscard]] bool is_left_out(const JsonMember& member) const;
    void append_data(std::string& out) const;

    bool is_binary_ = false;
    bool has_specversion_ = false;
    bool has_id_ = false;
    bool has_source_ = false;
    bool has_data_ = false;
    std::string unsupported_;        ///< The sentence of a 415.
    std::vector<std::string> kept_;  ///< What headers say, decoded.
};

}  // namespace tributary::event
