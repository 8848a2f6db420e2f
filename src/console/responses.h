#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

/// The answers of this room; all carry the strict content security policy.
namespace tributary::console {

http::Response response_of(int status, std::string_view content_type, std::string body);
http::Response json_response(std::string body);
/// RFC 9457.
http::Response problem(int status, std::string_view title, std::string_view detail);
/// The status that fits the error's code.
http::Response problem(const Error& error);

}  // namespace tributary::console
