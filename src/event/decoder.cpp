#include "event/decoder.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <tuple>

#include "event/attribute_rules.h"
#include "event/item_decoder.h"
#include "event/json_anatomy.h"
#include "event/json_reader.h"
#include "event/json_text.h"

namespace tributary::event {
namespace {

enum class Format { json, ndjson, cloud_event, cloud_event_batch, binary };

Rejection malformed(std::string detail) {
    return {Rejection::Kind::malformed, std::move(detail), {}, {}};
}

Rejection invalid(std::string message) {
    std::vector<Violation> violations;
    violations.emplace_back("", message);
    return {Rejection::Kind::invalid, std::move(message), std::move(violations), {}};
}

Rejection unsupported(std::string detail) {
    return {Rejection::Kind::unsupported_format, std::move(detail), {}, {}};
}

std::expected<Format, Rejection> format_of(const Envelope& envelope) {
    const ContentType type(envelope.content_type);
    if (!type.is_utf8()) {
        return std::unexpected(unsupported(fmt::format(
            "The Content-Type has the charset {}; only utf-8 is read.", shortened(type.charset))));
    }
    if (type.media_type == "application/cloudevents+json") return Format::cloud_event;
    if (type.media_type == "application/cloudevents-batch+json") return Format::cloud_event_batch;
    const bool is_binary = !envelope.ce_attributes.empty();
    if (is_binary && (type.media_type.empty() || is_json_content_type(type.media_type))) {
        return Format::binary;
    }
    if (type.media_type.empty() || type.media_type == "application/json") return Format::json;
    if (type.media_type == "application/x-ndjson" && !is_binary) return Format::ndjson;
    return std::unexpected(unsupported(fmt::format(
        "The Content-Type is {}{}; send {}.", shortened(type.media_type),
        is_binary ? " and there are ce- headers" : "",
        is_binary ? "the data of a binary-mode CloudEvent as application/json"
                  : "application/json, application/x-ndjson, application/cloudevents+json or "
                    "application/cloudevents-batch+json")));
}

/// What is wrong with what the transport says; the body was not looked at.
std::optional<Rejection> flaw_of(const Envelope& envelope) {
    constexpr auto kNone = std::string_view::npos;
    if (find_invalid_utf8(envelope.content_type) != kNone) {
        return unsupported("The Content-Type is not UTF-8.");
    }
    if (find_invalid_utf8(envelope.source) != kNone) {
        return malformed("The name of the event's source is not UTF-8.");
    }
    if (envelope.idempotency_key.empty()) return std::nullopt;
    if (const auto flaw = flaw_of_id(envelope.idempotency_key)) {
        return malformed(fmt::format("The Idempotency-Key {}", *flaw));
    }
    return std::nullopt;
}

bool is_array(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && text[first] == '[';
}

bool has_same_content(const Event& left, const Event& right) {
    return left.type == right.type &&
           (left.data() == right.data() || same_json_value(left.data(), right.data()));
}

}  // namespace

class Decoder::Implementation {
public:
    Implementation(const Catalog& catalog, UuidV7& ids, Limits limits)
        : limits_(limits), reader_(limits.max_depth), ids_(ids), items_(catalog, ids) {}

    std::expected<Decoded, Rejection> decode(std::string_view body, const Envelope& envelope) {
        auto decoded = decode_request(body, envelope);
        if (!decoded) {
            name(decoded.error(), envelope.idempotency_key);
            return decoded;
        }
        for (DecodedItem& item : decoded->items) {
            if (!item) name(item.error(), decoded->is_batch ? "" : envelope.idempotency_key);
        }
        return decoded;
    }

    DecodedItem decode_item(std::string_view json, const Envelope& envelope,
                            const std::string& id) {
        if (auto flaw = flaw_of(envelope)) return std::unexpected(std::move(*flaw));
        ItemContext context(envelope);
        context.given_id = id;
        context.given_id_wins = true;
        auto item = decode_one(reader_.load(json), context, "The item");
        reader_.trim();
        if (!item) name(item.error(), id);
        return item;
    }

private:
    /// Where the event brought no usable id, `given`, or one of ours.
    void name(Rejection& rejection, const std::string& given) {
        if (rejection.id.empty()) rejection.id = id_or_new(given, ids_);
    }

    std::expected<Decoded, Rejection> decode_request(std::string_view body,
                                                     const Envelope& envelope) {
        if (body.size() > limits_.max_bytes) {
            return std::unexpected(malformed(fmt::format(
                "The body has {} bytes; at most {} are allowed.", body.size(), limits_.max_bytes)));
        }
        if (auto flaw = flaw_of(envelope)) return std::unexpected(std::move(*flaw));
        const auto format = format_of(envelope);
        if (!format) return std::unexpected(format.error());
        auto decoded = decode(body, envelope, *format);
        reader_.trim();
        return decoded;
    }

    /// A batch on its way: its items, and which of them may have an id in common.
    struct Batch {
        explicit Batch(const Envelope& envelope) : context(envelope) {}
        ItemContext context;
        Decoded decoded;
        std::vector<std::size_t> named;
        std::string derived_id;
        bool is_over_full = false;
    };

    std::expected<Decoded, Rejection> decode(std::string_view body, const Envelope& envelope,
                                             Format format) {
        const std::string_view text = reader_.load(body);
        if (format == Format::ndjson) return decode_lines(text, envelope);
        const bool may_be_batch = format == Format::json || format == Format::cloud_event_batch;
        if (may_be_batch && is_array(text)) return decode_array(text, envelope, format);
        ItemContext context(envelope);
        context.given_id = envelope.idempotency_key;
        context.is_binary = format == Format::binary;
        context.must_be_cloud_event = format == Format::cloud_event;
        Decoded decoded;
        decoded.items.push_back(decode_one(text, context, "The body"));
        const DecodedItem& item = decoded.items.front();
        if (!item && item.error().kind == Rejection::Kind::malformed) {
            return std::unexpected(item.error());
        }
        if (format == Format::cloud_event_batch) {
            return std::unexpected(
                invalid("A batch of CloudEvents must be an array, and the body is none."));
        }
        return decoded;
    }

    /// One value, wherever it comes from. `what` begins the sentence where it is no sound JSON.
    DecodedItem decode_one(std::string_view text, const ItemContext& context,
                           std::string_view what) {
        std::optional<DecodedItem> item;
        const auto read = reader_.read(text, [&](const JsonValue& value) {
            item = items_.decode(value, context);
            return true;
        });
        if (read && item) return std::move(*item);
        auto rejection =
            malformed(fmt::format("{} cannot be read as JSON: {}", what, read.error()));
        rejection.id = context.given_id;
        return std::unexpected(std::move(rejection));
    }

    std::expected<Decoded, Rejection> decode_array(std::string_view text, const Envelope& envelope,
                                                   Format format) {
        Batch batch(envelope);
        batch.context.must_be_cloud_event = format == Format::cloud_event_batch;
        const auto read = reader_.read_elements(text, [&](const JsonValue& value) {
            if (is_full(batch)) return false;
            prepare(batch);
            add(batch, items_.decode(value, batch.context));
            return true;
        });
        if (!read) {
            batch.decoded.items.clear();
            batch.named.clear();
            if (auto flaw = decode_elements(text, batch)) return std::unexpected(std::move(*flaw));
        }
        if (batch.decoded.items.empty()) {
            return std::unexpected(
                invalid("The array holds no events; it must hold at least one."));
        }
        return finish(std::move(batch));
    }

    /// The slow way, once something was found: what is JSON but not sound costs its item only.
    std::optional<Rejection> decode_elements(std::string_view text, Batch& batch) {
        const JsonAnatomy anatomy = dissect(text, limits_.max_depth + 1);
        if (anatomy.not_json) {
            return malformed(
                fmt::format("The body cannot be read as JSON: {}", anatomy.not_json->sentence()));
        }
        for (const std::string_view element : anatomy.elements) {
            if (is_full(batch)) break;
            prepare(batch);
            add(batch, decode_one(element, batch.context, "The item"));
        }
        return std::nullopt;
    }

    std::expected<Decoded, Rejection> decode_lines(std::string_view text,
                                                   const Envelope& envelope) {
        Batch batch(envelope);
        while (!text.empty()) {
            const auto end = text.find('\n');
            std::string_view line = text.substr(0, end);
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
            if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
            if (is_full(batch)) break;
            prepare(batch);
            add(batch, decode_one(line, batch.context, "The line"));
        }
        if (batch.decoded.items.empty()) {
            return std::unexpected(
                malformed("The body is empty; a line for each event is expected."));
        }
        return finish(std::move(batch));
    }

    /// Whether the next item is one too many; `finish` says so.
    bool is_full(Batch& batch) const {
        batch.is_over_full = batch.decoded.items.size() == limits_.max_items;
        return batch.is_over_full;
    }

    static void prepare(Batch& batch) {
        const std::string& key = batch.context.envelope.idempotency_key;
        if (key.empty()) return;
        batch.derived_id = batch_item_id(key, batch.decoded.items.size());
        batch.context.given_id = batch.derived_id;
    }

    void add(Batch& batch, DecodedItem item) {
        if (item && !items_.has_made_id()) batch.named.push_back(batch.decoded.items.size());
        batch.decoded.items.push_back(std::move(item));
    }

    std::expected<Decoded, Rejection> finish(Batch batch) const {
        if (batch.is_over_full) {
            return std::unexpected(invalid(fmt::format(
                "The batch holds more than {} events; send several.", limits_.max_items)));
        }
        refuse_contradictions(batch);
        batch.decoded.is_batch = true;
        return std::move(batch.decoded);
    }

    /// Events of one source and id whose contents differ: nobody can say which is meant.
    static void refuse_contradictions(Batch& batch) {
        auto& items = batch.decoded.items;
        const auto identity = [&](std::size_t index) {
            const Event& event = *items[index];
            return std::tie(event.id, event.source);
        };
        std::ranges::sort(batch.named, {}, [&](std::size_t i) {
            return std::tuple_cat(identity(i), std::tuple(i));
        });
        for (auto first = batch.named.begin(); first != batch.named.end();) {
            const auto last = std::find_if(first, batch.named.end(), [&](std::size_t index) {
                return identity(index) != identity(*first);
            });
            const bool is_one_content = std::all_of(first, last, [&](std::size_t index) {
                return index == *first || has_same_content(*items[index], *items[*first]);
            });
            if (!is_one_content) refuse(items, first, last);
            first = last;
        }
    }

    template <class Iterator>
    static void refuse(std::vector<DecodedItem>& items, Iterator first, Iterator last) {
        for (; first != last; ++first) {
            std::string id = items[*first]->id;
            std::string message = fmt::format(
                "\"{}\" is the id of another event of this batch whose content differs.", id);
            std::vector<Violation> violations;
            violations.emplace_back("/id", message);
            items[*first] = std::unexpected(Rejection(Rejection::Kind::invalid, "/id " + message,
                                                      std::move(violations), std::move(id)));
        }
    }

    Limits limits_;
    JsonReader reader_;
    UuidV7& ids_;
    ItemDecoder items_;
};

Decoder::Decoder(const Catalog& catalog, UuidV7& ids) : Decoder(catalog, ids, Limits()) {
}

Decoder::Decoder(const Catalog& catalog, UuidV7& ids, Limits limits)
    : implementation_(std::make_unique<Implementation>(catalog, ids, limits)) {
}

Decoder::~Decoder() = default;

std::expected<Decoded, Rejection> Decoder::decode(std::string_view body, const Envelope& envelope) {
    return implementation_->decode(body, envelope);
}

DecodedItem Decoder::decode_item(std::string_view json, const Envelope& envelope,
                                 const std::string& id) {
    return implementation_->decode_item(json, envelope, id);
}

}  // namespace tributary::event
