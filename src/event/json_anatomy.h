#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::event {

/// What is wrong with a JSON text, for a sentence: `at byte 17 (/data/id): …`.
struct JsonFlaw {
    JsonFlaw(std::size_t offset_in, std::string pointer_in, std::string message_in)
        : offset(offset_in), pointer(std::move(pointer_in)), message(std::move(message_in)) {}
    [[nodiscard]] std::string sentence() const;

    std::size_t offset;
    std::string pointer;
    std::string message;
};

/// What a slow look at a JSON text finds. simdjson is fast but does not say where and why it
/// refuses, nor can it go on behind a fault, so this is asked once it has refused.
struct JsonAnatomy {
    /// It breaks the grammar of RFC 8259 (or is nested too deep): nothing behind was looked at.
    std::optional<JsonFlaw> not_json;
    /// The first thing that the grammar allows and this system does not: a number that no double
    /// or 64-bit integer holds, half a surrogate pair.
    std::optional<JsonFlaw> refused;
    /// The elements of the array, where the text is one and `not_json` is empty.
    std::vector<std::string_view> elements;
};

JsonAnatomy dissect(std::string_view text, std::size_t max_depth);

}  // namespace tributary::event
