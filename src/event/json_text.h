#pragma once

#include <string>
#include <string_view>

namespace tributary::event {

/// Appends `text` (UTF-8) as a JSON string, in quotes.
void append_json_string(std::string& out, std::string_view text);

/// Whether there is neither CR nor LF in it.
bool is_on_one_line(std::string_view json);

/// Appends JSON without the CR and LF between its tokens: valid JSON has none within strings, so
/// what is left is the same value on one line.
void append_on_one_line(std::string& out, std::string_view json);

/// One reference token of a JSON pointer (RFC 6901), with its slash: `a/b` -> `/a~1b`.
std::string pointer_to(std::string_view name);

/// At most 64 bytes of a text for a sentence, cut between characters.
std::string shortened(std::string_view text);

/// Where the first byte that is not UTF-8 lies; `npos` where there is none.
std::size_t find_invalid_utf8(std::string_view text);

/// Undoes percent-encoding, as CloudEvents' HTTP headers have it; a `%` without two hexadecimal
/// digits stays.
std::string percent_decoded(std::string_view text);

}  // namespace tributary::event
