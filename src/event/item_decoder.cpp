#include "event/item_decoder.h"

#include <fmt/format.h>

#include "base/rfc3339.h"
#include "event/attribute_rules.h"
#include "event/json_text.h"
#include "tracing/trace_context.h"

namespace tributary::event {

DecodedItem ItemDecoder::decode(const JsonValue& value, const ItemContext& context) {
    draft_.clear();
    made_id_.clear();
    read(value, context);
    const EntityType* const type = settle_type(context.envelope);
    if (!draft_.is_cloud_event) draft_.source = context.envelope.source;
    if (draft_.traceparent.empty() && tracing::is_traceparent(context.envelope.traceparent)) {
        draft_.traceparent = context.envelope.traceparent;
    }
    settle_id(context);
    settle_time(context.envelope.now);
    if (type != nullptr) {
        draft_.settle_subject(*type);
        draft_.check_schema(*type);
    }
    if (!draft_.is_sound() || type == nullptr) return std::unexpected(draft_.rejection());
    return draft_.compose(*type);
}

void ItemDecoder::read(const JsonValue& value, const ItemContext& context) {
    if (context.is_binary) {
        draft_.read_binary(value, context.envelope);
    } else if (value.kind != JsonKind::object) {
        draft_.add_violation(
            "", fmt::format("An event must be an object; this is {}.", with_article(value.kind)));
        draft_.has_type = true;  // What it lacks besides is not worth a word.
    } else if (context.must_be_cloud_event || value.find("specversion") != nullptr) {
        draft_.read_cloud_event(value);
    } else if (value.find("data") != nullptr) {
        draft_.read_wrapped(value);
    } else {
        draft_.read_flat(value);
    }
}

const EntityType* ItemDecoder::settle_type(const Envelope& envelope) {
    const EntityType* const expected = envelope.expected_type;
    if (!draft_.has_type && expected != nullptr) return expected;
    if (!draft_.has_type) {
        draft_.complain("type", fmt::format("is missing; it must be one of {}.", catalog_.names()));
        return nullptr;
    }
    if (draft_.type_name.empty()) return nullptr;  // Then it has been complained of.
    const EntityType* const type = catalog_.find(draft_.type_name);
    if (type == nullptr) {
        draft_.complain("type", fmt::format("is \"{}\", which is no known type; it must be one of "
                                            "{}.",
                                            shortened(draft_.type_name), catalog_.names()));
    } else if (expected != nullptr && type != expected) {
        draft_.complain("type", fmt::format("is \"{}\" and contradicts the name of the file, "
                                            "which says {}.",
                                            type->name, expected->name));
    }
    return type;
}

void ItemDecoder::settle_id(const ItemContext& context) {
    if (draft_.is_cloud_event) return;
    const bool is_given = !context.given_id.empty();
    if (is_given && (draft_.id.empty() || context.given_id_wins)) {
        draft_.id = context.given_id;
    } else if (draft_.id.empty() && draft_.is_sound()) {
        made_id_ = ids_.next();
        draft_.id = made_id_;
    }
}

void ItemDecoder::settle_time(Timestamp now) {
    if (!draft_.time.empty()) return;
    if (now_text_.empty() || now != now_) {
        now_ = now;
        now_text_ = format_rfc3339(now);
    }
    draft_.time = now_text_;
    draft_.utc_time = now_text_;
}

}  // namespace tributary::event
