#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Bodies in JSON events: as text where they are UTF-8, else in base64.
namespace tributary::gateway {

/// Standard alphabet, padded (RFC 4648 §4).
std::string base64_encode(std::string_view bytes);
/// Empty where the text is not padded base64 of the standard alphabet.
std::optional<std::string> base64_decode(std::string_view text);
/// Well-formed UTF-8 by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
bool is_utf8(std::string_view bytes);

}  // namespace tributary::gateway
