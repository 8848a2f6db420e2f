#pragma once

#include <string_view>

#include "http/message.h"

namespace tributary::gateway {

/// An application/problem+json answer (RFC 9457).
http::Response problem(int status, std::string_view title, std::string_view detail);

}  // namespace tributary::gateway
