#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "receipt/receipt.h"

namespace tributary::ingest {

/// An answer of the API: not cached, its type not guessed.
http::Response response_of(int status, std::string content_type, std::string body);
/// With `Retry-After` where the answer says so.
http::Response response_of(receipt::Answer answer);
http::Response response_of(const receipt::Problem& problem);
/// A file of the documentation page, under a policy that forbids everything foreign and inline.
http::Response page_response(std::string content_type, std::string_view file);

}  // namespace tributary::ingest
