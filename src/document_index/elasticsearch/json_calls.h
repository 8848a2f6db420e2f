#pragma once

#include <boost/json.hpp>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "document_index/elasticsearch/cluster_client.h"

namespace tributary::document_index::elasticsearch {

/// Requests whose answers are read as JSON, each within the cluster's `write_deadline`. One thread.
class JsonCalls {
public:
    explicit JsonCalls(std::shared_ptr<Cluster> cluster) : client_(std::move(cluster)) {}

    /// An answer of any status. `what` is what is tried, for the sentence of a failure.
    Result<http::Response> ask(const ClusterRequest& request, std::string_view what);
    /// The object of an answer with 200 or 201; any other status is a failure.
    Result<boost::json::value> ask_json(const ClusterRequest& request, std::string_view what);

private:
    ClusterClient client_;
};

}  // namespace tributary::document_index::elasticsearch
