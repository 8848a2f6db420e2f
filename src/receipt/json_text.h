#pragma once

#include <string>
#include <string_view>

namespace tributary::receipt {

/// `text` with every byte that is not part of valid UTF-8 replaced by `?`. Details quote what was
/// received, and an answer must be JSON whatever that was.
std::string utf8_only(std::string_view text);

}  // namespace tributary::receipt
