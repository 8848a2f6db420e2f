// A whole request: the first byte chooses what the transport says, the rest is the body.
#include <cstdint>
#include <string>

#include "base/manual_clock.h"
#include "event/decoder.h"
#include "event/json_anatomy.h"
#include "invariant.h"

namespace {

using namespace tributary;
using tributary::fuzz::require;

struct Bench {
    ManualClock clock;
    event::Catalog catalog = event::Catalog::built_in();
    UuidV7 ids{clock};
    event::Decoder decoder{catalog, ids, {.max_depth = 16, .max_items = 20}};
    event::StoredEventDecoder stored{catalog};
};

event::Envelope envelope_of(std::uint8_t choice, const Bench& bench) {
    constexpr const char* kTypes[] = {"application/json", "application/x-ndjson",
                                      "application/cloudevents+json",
                                      "application/cloudevents-batch+json"};
    event::Envelope envelope;
    envelope.now = bench.clock.now();
    envelope.content_type = kTypes[choice & 3U];
    if ((choice & 4U) != 0) envelope.idempotency_key = "key";
    if ((choice & 8U) != 0) envelope.expected_type = bench.catalog.find("order");
    if ((choice & 16U) != 0) {
        envelope.ce_attributes = {
            {"specversion", "1.0"}, {"id", "b"}, {"source", "/s"}, {"type", "order"}};
    }
    return envelope;
}

void check_event(const event::Event& event, Bench& bench) {
    require(event.json.find_first_of("\r\n") == std::string::npos, "an event is one line");
    require(!event.id.empty() && event.type != nullptr, "an event has an id and a type");
    std::string value = event.json;
    const auto again = bench.stored.decode(event.type->topic, value);
    require(again.has_value(), "an accepted event can be read back");
    require(again->event.id == event.id, "the id is read back");
    require(again->event.source == event.source, "the source is read back");
    require(again->event.subject == event.subject, "the subject is read back");
    require(again->event.time == event.time, "the time is read back");
    require(again->event.traceparent == event.traceparent, "the traceparent is read back");
    require(again->event.type == event.type, "the type is read back");
    require(again->event.json == event.json, "a line is kept as it is");
    require(again->event.data() == event.data(), "the data is read back");
    require(event::same_json_value(event.data(), event.data()), "data is JSON");
    const event::JsonAnatomy anatomy = event::dissect(event.json, 1000);
    require(!anatomy.not_json && !anatomy.refused, "both readers accept the same");
}

void check_rejection(const event::Rejection& rejection) {
    require(!rejection.detail.empty(), "a rejection says why");
    constexpr std::string_view kBroken = "cannot be read as JSON: ";
    const auto broken = rejection.detail.find(kBroken);
    require(rejection.kind != event::Rejection::Kind::malformed || broken == std::string::npos ||
                rejection.detail.substr(broken + kBroken.size()).starts_with("at "),
            "both readers refuse the same, and one says where");
    const bool is_invalid = rejection.kind == event::Rejection::Kind::invalid;
    require(is_invalid == !rejection.violations.empty(), "what is invalid names its violations");
}

/// Apart from ids that were made here, which differ each time.
void check_same(const event::DecodedItem& left, const event::DecodedItem& right) {
    require(left.has_value() == right.has_value(), "decoding twice accepts the same");
    if (left) {
        require(left->data() == right->data() && left->subject == right->subject,
                "decoding twice gives the same event");
    } else {
        require(left.error().detail == right.error().detail, "decoding twice finds the same");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    static Bench bench;
    if (size == 0) return 0;
    const std::string_view body(reinterpret_cast<const char*>(bytes) + 1, size - 1);
    const event::Envelope envelope = envelope_of(bytes[0], bench);
    const auto decoded = bench.decoder.decode(body, envelope);
    const auto twice = bench.decoder.decode(body, envelope);
    require(decoded.has_value() == twice.has_value(), "decoding twice accepts the same");
    if (!decoded) {
        check_rejection(decoded.error());
        return 0;
    }
    require(!decoded->items.empty() && decoded->items.size() <= 20, "the items are bounded");
    require(decoded->is_batch || decoded->items.size() == 1, "one event is one item");
    require(decoded->items.size() == twice->items.size(), "decoding twice finds as many items");
    for (std::size_t i = 0; i < decoded->items.size(); ++i) {
        const event::DecodedItem& item = decoded->items[i];
        check_same(item, twice->items[i]);
        if (item) {
            check_event(*item, bench);
        } else {
            check_rejection(item.error());
        }
    }
    return 0;
}
