// Two JSON texts with a NUL between them.
#include <cstdint>
#include <string_view>

#include "event/event.h"
#include "invariant.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    using tributary::event::same_json_value;
    using tributary::fuzz::require;
    const std::string_view text(reinterpret_cast<const char*>(bytes), size);
    const auto middle = text.find('\0');
    if (middle == std::string_view::npos) return 0;
    const std::string_view left = text.substr(0, middle);
    const std::string_view right = text.substr(middle + 1);
    const bool is_same = same_json_value(left, right);
    require(is_same == same_json_value(right, left), "equality has no direction");
    if (is_same) {
        require(same_json_value(left, left) && same_json_value(right, right),
                "what equals something equals itself");
    }
    return 0;
}
