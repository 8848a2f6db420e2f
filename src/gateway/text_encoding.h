#pragma once

#include <string_view>

namespace tributary::gateway {

/// Well-formed UTF-8 by RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF.
/// What is not travels through JSON events in base64.
bool is_utf8(std::string_view bytes);

}  // namespace tributary::gateway
