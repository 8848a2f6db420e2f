#pragma once

#include <string>
#include <string_view>

#include "base/uuid.h"
#include "event/catalog.h"
#include "event/decoder.h"
#include "event/event_draft.h"
#include "event/json_reader.h"

namespace tributary::event {

/// What holds for an item besides what it says itself.
struct ItemContext {
    explicit ItemContext(const Envelope& envelope_in) : envelope(envelope_in) {}
    const Envelope& envelope;
    std::string_view given_id;   ///< For an item that brings none; empty: one is made.
    bool given_id_wins = false;  ///< Even over its own, unless it is a CloudEvent.
    bool must_be_cloud_event = false;
    bool is_binary = false;  ///< The attributes are in the envelope, the item is `data`.
};

/// Turns one value into an event, or says everything that is wrong with it. The form is decided so:
/// `specversion` makes it a CloudEvent; else `data` makes it wrapped; else it is flat.
class ItemDecoder {
public:
    ItemDecoder(const Catalog& catalog, UuidV7& ids) : catalog_(catalog), ids_(ids) {}

    DecodedItem decode(const JsonValue& value, const ItemContext& context);
    /// Whether the last event's id was made here, so that no other event can have it.
    [[nodiscard]] bool has_made_id() const { return !made_id_.empty(); }

private:
    void read(const JsonValue& value, const ItemContext& context);
    const EntityType* settle_type(const Envelope& envelope);
    void settle_id(const ItemContext& context);
    void settle_time(Timestamp now);

    const Catalog& catalog_;
    UuidV7& ids_;
    EventDraft draft_;
    std::string made_id_;
    Timestamp now_{};  ///< What `now_text_` says.
    std::string now_text_;
};

}  // namespace tributary::event
