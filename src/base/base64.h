#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tributary {

/// The standard alphabet, padded (RFC 4648, 4).
std::string base64_encode(std::string_view bytes);
/// RFC 4648 with or without padding; empty optional where it is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tributary
