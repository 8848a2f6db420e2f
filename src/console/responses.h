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
/// About events that were sent here: with the id to send them again under, whether that is safe,
/// and for 504 that they may have been persisted (contract §3).
http::Response event_problem(int status, std::string_view title, std::string_view detail,
                             std::string_view id);
/// The status that fits the error's code.
http::Response problem(const Error& error);

}  // namespace tributary::console
