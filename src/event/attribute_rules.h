#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace tributary::event {

// What the parts of an event may look like. Where a function returns a text, it is what is wrong,
// to follow a name in a sentence; nothing where all is well.

/// 1 to 128 printable ASCII characters.
std::optional<std::string> flaw_of_id(std::string_view id);
/// `given` where it may be an id, else a new one: every answer has an id to speak of.
std::string id_or_new(std::string_view given, UuidV7& ids);
/// 1 to 1024 bytes without control characters: source, subject, and texts like them.
std::optional<std::string> flaw_of_text(std::string_view text);

/// Small letters and digits, as CloudEvents has them.
bool is_attribute_name(std::string_view name);
/// application/json, text/json, …/…+json; in UTF-8 where it names a charset.
bool is_json_content_type(std::string_view content_type);

/// The time in UTC with milliseconds; nothing where `text` is no RFC 3339 date-time, or one that
/// only another time zone puts into the years 0 to 9999.
std::optional<std::string> utc_time(std::string_view text);

/// A Content-Type, in lower case.
struct ContentType {
    explicit ContentType(std::string_view header);
    std::string media_type;  ///< `application/json`
    std::string charset;     ///< Empty where it names none.
    [[nodiscard]] bool is_utf8() const;
};

}  // namespace tributary::event
