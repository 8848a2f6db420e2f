#pragma once

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "event/catalog.h"
#include "event/event.h"

namespace tributary::event {

/// One thing that is wrong, and where: a JSON pointer (RFC 6901) into what was sent.
struct Violation {
    Violation(std::string pointer_in, std::string message_in)
        : pointer(std::move(pointer_in)), message(std::move(message_in)) {}
    std::string pointer;
    std::string message;
};

/// Why an input is not an event. Becomes an RFC 9457 problem.
struct Rejection {
    enum class Kind {
        malformed,           ///< 400: not JSON, bad UTF-8, too deep, duplicate keys, ...
        unsupported_format,  ///< 415: a content type or a specversion that we do not read.
        invalid,             ///< 422: JSON, but not a valid event: `violations` says it all.
    };
    Rejection(Kind kind_in, std::string detail_in, std::vector<Violation> violations_in,
              std::string id_in)
        : kind(kind_in),
          detail(std::move(detail_in)),
          violations(std::move(violations_in)),
          id(std::move(id_in)) {}
    Kind kind;
    std::string detail;                 ///< A sentence: what was received, what was expected.
    std::vector<Violation> violations;  ///< Every one, not the first.
    std::string id;                     ///< The event's; a `Decoder` makes one where none is known.
};

using DecodedItem = std::expected<Event, Rejection>;

/// What a request holds: one event, or a batch whose items stand or fall one by one.
struct Decoded {
    bool is_batch = false;
    std::vector<DecodedItem> items;  ///< In the order sent; exactly one unless `is_batch`.
};

/// What the transport says about a body.
struct Envelope {
    /// The Content-Type, with parameters, as sent. Empty reads as application/json.
    std::string content_type;
    /// `ce-…` headers of a binary-mode CloudEvent: names in lower case without `ce-`.
    std::vector<std::pair<std::string, std::string>> ce_attributes;
    std::string idempotency_key;
    std::string traceparent;      ///< Given to events that bring none of their own.
    std::string source = "/api";  ///< Given to events that are not CloudEvents.
    /// With a file name's type: the type of items that name none, and a contradiction is invalid.
    const EntityType* expected_type = nullptr;
    Timestamp now;  ///< `time` of events that are not CloudEvents.
};

/// Reads every input form of the contract (§2) and validates it completely.
/// Owns its parser's memory, so make one per thread and keep it. Not thread-safe.
class Decoder {
public:
    struct Limits {
        std::size_t max_depth = 64;
        std::size_t max_items = 10'000;
        std::size_t max_bytes = std::size_t{256} << 20;
    };

    /// Both must outlive the decoder; events point into `catalog`.
    Decoder(const Catalog& catalog, UuidV7& ids);
    Decoder(const Catalog& catalog, UuidV7& ids, Limits limits);
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder();

    /// A whole request body. Fails as a whole only where no items can be told apart (not JSON, a
    /// format that is not read, too many items). `application/json` may be one event or an array;
    /// NDJSON damage costs its line. Two items with one id and different content are both invalid.
    std::expected<Decoded, Rejection> decode(std::string_view body, const Envelope& envelope);

    /// One item of a file: any input form of a single event. `id` is used unless the item is a
    /// CloudEvent with its own.
    DecodedItem decode_item(std::string_view json, const Envelope& envelope, const std::string& id);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

/// An event as read back from the log, with what indexing needs.
struct StoredEvent {
    Event event;
    std::string text;  ///< Every scalar of `data`, separated by spaces: the searchable field.
};

/// Reads a Kafka record's value back: a structured CloudEvent, every value walked. Keeps a parser;
/// not thread-safe. `type` is that of the topic, whatever the payload says.
class StoredEventDecoder {
public:
    explicit StoredEventDecoder(const Catalog& catalog);
    StoredEventDecoder(const StoredEventDecoder&) = delete;
    StoredEventDecoder& operator=(const StoredEventDecoder&) = delete;
    ~StoredEventDecoder();

    /// A rejection means a dead letter: not JSON, not an event, a topic outside the catalog, ...
    /// A pretty-printed event is accepted and put on one line; one that lies on one line already is
    /// moved out of `value`, which is left as it was in all other cases.
    std::expected<StoredEvent, Rejection> decode(std::string_view topic, std::string& value);

private:
    class Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::event
