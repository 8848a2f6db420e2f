#include "document_index/elasticsearch/elasticsearch_index.h"

#include <utility>

#include "document_index/elasticsearch/cluster_client.h"
#include "document_index/elasticsearch/elasticsearch_searcher.h"
#include "document_index/elasticsearch/elasticsearch_writer.h"
#include "document_index/elasticsearch/installation.h"

namespace tributary::document_index {

ElasticsearchIndex::ElasticsearchIndex(std::shared_ptr<elasticsearch::Cluster> cluster)
    : cluster_(std::move(cluster)) {
}
ElasticsearchIndex::~ElasticsearchIndex() = default;

Result<std::unique_ptr<ElasticsearchIndex>> ElasticsearchIndex::open(
    ElasticsearchSettings settings) {
    auto cluster = elasticsearch::Cluster::make(std::move(settings));
    if (!cluster) return std::unexpected(std::move(cluster.error()));
    return std::unique_ptr<ElasticsearchIndex>(new ElasticsearchIndex(*std::move(cluster)));
}

Result<void> ElasticsearchIndex::install() {
    elasticsearch::ClusterClient client(cluster_);
    return elasticsearch::ensure_installed(
        client, std::chrono::steady_clock::now() + cluster_->settings().write_deadline);
}

std::unique_ptr<Writer> ElasticsearchIndex::make_writer() {
    return std::make_unique<elasticsearch::ElasticsearchWriter>(cluster_);
}

std::unique_ptr<Searcher> ElasticsearchIndex::make_searcher() {
    return std::make_unique<elasticsearch::ElasticsearchSearcher>(cluster_);
}

}  // namespace tributary::document_index
