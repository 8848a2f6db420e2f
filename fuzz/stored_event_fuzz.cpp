// A record's value, as anybody may have written it into the topic.
#include <cstdint>
#include <string>

#include "event/decoder.h"
#include "invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using namespace tributary;
    using tributary::fuzz::require;
    static const event::Catalog catalog = event::Catalog::built_in();
    static event::StoredEventDecoder decoder(catalog);
    const std::string value(reinterpret_cast<const char*>(bytes), size);
    std::string taken = value;
    const auto stored = decoder.decode("orders", taken);
    require(taken == value || (taken.empty() && stored && stored->event.json == value),
            "a value is moved whole, or left");
    if (!stored) {
        require(!stored.error().detail.empty(), "a rejection says why");
        return 0;
    }
    const event::Event& event = stored->event;
    require(event.type == catalog.find("order"), "the type is that of the topic");
    require(event.json.find_first_of("\r\n") == std::string::npos, "an event is one line");
    require(event.data().starts_with('{') && event.data().ends_with('}'), "data is an object");
    require(event::same_json_value(value, event.json), "the value is kept");
    require(stored->text.find('\0') == std::string::npos, "the text has no NUL");
    std::string line = event.json;
    const auto again = decoder.decode("orders", line);
    require(again.has_value() && again->event.json == event.json && again->text == stored->text &&
                again->event.id == event.id && again->event.data() == event.data(),
            "what was put on one line reads the same");
    return 0;
}
