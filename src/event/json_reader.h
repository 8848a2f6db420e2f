#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tributary::event {

enum class JsonKind { object, array, string, number, boolean, null };

/// `an object`, `a number`, …: for sentences.
std::string_view with_article(JsonKind kind);

/// A member of an object. Views into the reader's memory.
struct JsonMember {
    std::string_view name;
    JsonKind kind = JsonKind::null;
    std::string_view raw;   ///< The value as it is spelled.
    std::string_view text;  ///< A string's characters; any other scalar as it is spelled.
};

/// A value whose every part was found to be sound. Views into the reader's memory.
struct JsonValue {
    JsonKind kind = JsonKind::null;
    std::string_view raw;
    std::vector<JsonMember> members;       ///< Where it is an object.
    std::vector<JsonMember> data_members;  ///< Those of its member `data`, where that is an object.

    [[nodiscard]] const JsonMember* find(std::string_view name) const;
};

/// Reads JSON with simdjson and walks every value of it: numbers that fit 64 bits or a double,
/// names that are unique and free of NUL, strings of whole characters, limited depth. Builds no
/// tree and allocates nothing once its memory has grown. Not thread-safe.
class JsonReader {
public:
    /// Returns whether to go on. The value is valid during the call.
    using Take = std::function<bool(const JsonValue&)>;

    /// `max_depth` counts the levels of one event, not an array around several; at most 1000.
    explicit JsonReader(std::size_t max_depth);
    JsonReader(const JsonReader&) = delete;
    JsonReader& operator=(const JsonReader&) = delete;
    ~JsonReader();

    /// Copies `text` where it can be read; what `read` gets must be a part of the result.
    std::string_view load(std::string_view text);

    /// Reads one value. The failure is a sentence without a subject: `at byte 3: …`.
    std::expected<void, std::string> read(std::string_view loaded, const Take& take);
    /// Reads an array, element by element; where `take` says no, the rest is not looked at.
    std::expected<void, std::string> read_elements(std::string_view loaded, const Take& take);

    /// Where to put the scalars of every `data` that is read, separated by spaces; null: nowhere.
    void collect_text(std::string* text);

    /// Gives memory back that an unusually large text has needed.
    void trim();

private:
    class Walk;
    struct Memory;
    std::unique_ptr<Memory> memory_;
};

}  // namespace tributary::event
