#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"

namespace tributary::document_index::elasticsearch {

/// `error` of an answer, as far as there is one.
struct ErrorText {
    std::string type;
    std::string reason;
};
ErrorText error_text(std::string_view body);

/// What an answer that is no success means for a whole request: `retry_later` where the cluster is
/// overloaded or not complete, else `unavailable`. `what` is what was tried, for the sentence.
Error request_failure(const http::Response& response, std::string_view what);

/// Whether a request was refused for something in it that this server does not know: it is to be
/// left out, and the rest sent again.
bool is_refused_for(const http::Response& response, std::string_view word);

/// A failure of the connection as a writer or searcher reports it: `unavailable`.
Error connection_failure(const Error& error, std::string_view what);

}  // namespace tributary::document_index::elasticsearch
