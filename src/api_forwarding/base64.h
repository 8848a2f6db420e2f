#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tributary::api_forwarding {

/// RFC 4648 with or without padding; empty optional where it is not base64.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace tributary::api_forwarding
