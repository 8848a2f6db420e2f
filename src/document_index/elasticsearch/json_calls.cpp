#include "document_index/elasticsearch/json_calls.h"

#include "document_index/elasticsearch/failure.h"

namespace tributary::document_index::elasticsearch {

Result<http::Response> JsonCalls::ask(const ClusterRequest& request, std::string_view what) {
    auto response =
        client_.send(request, std::chrono::steady_clock::now() + client_.settings().write_deadline);
    if (!response) return std::unexpected(connection_failure(response.error(), what));
    return response;
}

Result<boost::json::value> JsonCalls::ask_json(const ClusterRequest& request,
                                               std::string_view what) {
    const auto response = ask(request, what);
    if (!response) return std::unexpected(response.error());
    if (response->status != 200 && response->status != 201) {
        return std::unexpected(request_failure(*response, what));
    }
    boost::system::error_code failure;
    boost::json::value value = boost::json::parse(response->body, failure);
    if (!failure && value.is_object()) return value;
    return fail(ErrorCode::unavailable,
                "What answers at this address does not answer like Elasticsearch.");
}

}  // namespace tributary::document_index::elasticsearch
