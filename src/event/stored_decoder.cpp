#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "event/decoder.h"
#include "event/event_draft.h"
#include "event/json_reader.h"
#include "event/json_text.h"

namespace tributary::event {
namespace {

/// More than a Decoder lets through, which counts fewer levels than the event around `data` has.
constexpr std::size_t kMaxDepth = 1000;

}  // namespace

class StoredEventDecoder::Implementation {
public:
    explicit Implementation(const Catalog& catalog) : catalog_(catalog), reader_(kMaxDepth) {
        reader_.collect_text(&text_);
    }

    std::expected<StoredEvent, Rejection> decode(std::string_view topic, std::string& value) {
        const EntityType* const type = catalog_.find_by_topic(topic);
        if (type == nullptr) {
            return std::unexpected(
                Rejection(Rejection::Kind::invalid,
                          fmt::format("The topic {} belongs to no entity type of the catalog ({}).",
                                      shortened(topic), catalog_.names()),
                          {}, {}));
        }
        text_.clear();
        std::optional<std::expected<StoredEvent, Rejection>> stored;
        const auto read = reader_.read(reader_.load(value), [&](const JsonValue& json) {
            stored = decode(*type, json, value);
            return true;
        });
        reader_.trim();
        if (read && stored) return std::move(*stored);
        return std::unexpected(
            Rejection(Rejection::Kind::malformed,
                      fmt::format("The record cannot be read as JSON: {}", read.error()), {}, {}));
    }

private:
    std::expected<StoredEvent, Rejection> decode(const EntityType& type, const JsonValue& json,
                                                 std::string& value) {
        draft_.clear();
        if (json.kind != JsonKind::object) {
            draft_.add_violation("", fmt::format("An event must be an object; this is {}.",
                                                 with_article(json.kind)));
            return std::unexpected(draft_.rejection());
        }
        draft_.read_cloud_event(json);
        if (json.find("time") == nullptr) {
            draft_.add_violation("/time", "is missing; every stored event has one.");
        }
        draft_.settle_subject(type);
        if (!draft_.is_sound()) return std::unexpected(draft_.rejection());
        return stored_event(type, json.raw, value);
    }

    StoredEvent stored_event(const EntityType& type, std::string_view raw, std::string& value) {
        StoredEvent stored;
        Event& event = stored.event;
        event.id = draft_.id;
        event.source = draft_.source;
        event.subject = draft_.subject;
        event.time = draft_.utc_time;
        event.traceparent = draft_.traceparent;
        event.type = &type;
        set_json(event, raw, value);
        // A full-text index would end the text there.
        if (text_.find('\0') != std::string::npos) std::ranges::replace(text_, '\0', ' ');
        stored.text = text_;
        return stored;
    }

    /// `raw` is the event within the reader's copy of `value`.
    void set_json(Event& event, std::string_view raw, std::string& value) const {
        const std::string_view data = draft_.data.object;
        const auto before = static_cast<std::size_t>(data.data() - raw.data());
        if (raw.size() == value.size() && is_on_one_line(raw)) {
            event.json = std::exchange(value, {});
            event.data_begin = before;
            event.data_size = data.size();
            return;
        }
        event.json.reserve(raw.size());
        append_on_one_line(event.json, raw.substr(0, before));
        event.data_begin = event.json.size();
        append_on_one_line(event.json, data);
        event.data_size = event.json.size() - event.data_begin;
        append_on_one_line(event.json, raw.substr(before + data.size()));
    }

    const Catalog& catalog_;
    JsonReader reader_;
    EventDraft draft_;
    std::string text_;
};

StoredEventDecoder::StoredEventDecoder(const Catalog& catalog)
    : implementation_(std::make_unique<Implementation>(catalog)) {
}

StoredEventDecoder::~StoredEventDecoder() = default;

std::expected<StoredEvent, Rejection> StoredEventDecoder::decode(std::string_view topic,
                                                                 std::string& value) {
    return implementation_->decode(topic, value);
}

}  // namespace tributary::event
