#include "document_index/elasticsearch/failure.h"

#include <fmt/format.h>
#include <simdjson.h>

namespace tributary::document_index::elasticsearch {
namespace {

constexpr std::size_t kMaxReasonBytes = 300;

bool is_overload(int status) {
    return status == 408 || status == 429 || status == 502 || status == 503 || status == 504;
}

std::string_view advice(int status) {
    if (status == 401) return "; check the API key or the password";
    if (status == 403) return "; check what the key may do, and whether the index is blocked";
    return "";
}

}  // namespace

ErrorText error_text(std::string_view body) {
    ErrorText text;
    simdjson::dom::parser parser;
    simdjson::dom::element root;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS) return text;
    std::string_view found;
    if (root.at_pointer("/error/type").get(found) == simdjson::SUCCESS) text.type = found;
    if (root.at_pointer("/error/reason").get(found) == simdjson::SUCCESS) text.reason = found;
    if (root.at_pointer("/error/caused_by/reason").get(found) == simdjson::SUCCESS) {
        text.reason += fmt::format(" ({})", found);
    }
    return text;
}

Error request_failure(const http::Response& response, std::string_view what) {
    const auto text = error_text(response.body);
    const auto code =
        is_overload(response.status) ? ErrorCode::retry_later : ErrorCode::unavailable;
    const std::string said =
        text.type.empty()
            ? std::string("without a reason that can be read")
            : fmt::format("{}: {}", text.type, text.reason.substr(0, kMaxReasonBytes));
    return Error(code, fmt::format("Elasticsearch answered {} when asked to {} ({}){}.",
                                   response.status, what, said, advice(response.status)));
}

bool is_refused_for(const http::Response& response, std::string_view word) {
    return response.status == 400 && response.body.find(word) != std::string::npos;
}

Error connection_failure(const Error& error, std::string_view what) {
    return Error(ErrorCode::unavailable,
                 fmt::format("Elasticsearch could not be asked to {}. {}", what, error.message));
}

}  // namespace tributary::document_index::elasticsearch
