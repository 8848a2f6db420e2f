#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "document_index/document_index.h"
#include "document_index/elasticsearch/cluster_client.h"

namespace tributary::document_index::elasticsearch {

/// Every call takes a kept connection that no other call is using, or a new one.
class ElasticsearchSearcher final : public Searcher {
public:
    explicit ElasticsearchSearcher(std::shared_ptr<Cluster> cluster)
        : cluster_(std::move(cluster)) {}

    Result<Page> search(const Query& query) override;
    Result<Hit> get(const std::string& index, const std::string& id) override;
    Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string& index, const std::string& topic,
        const std::map<std::int32_t, std::int64_t>& offset_below) override;
    Result<std::string> engine() override;

private:
    Result<http::Response> ask(const ClusterRequest& request);

    const std::shared_ptr<Cluster> cluster_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<ClusterClient>> idle_;
};

}  // namespace tributary::document_index::elasticsearch
