#include "document_index/elasticsearch/cluster_client.h"

#include <fmt/format.h>

#include "base/base64.h"
#include "document_index/elasticsearch/gzip.h"

namespace tributary::document_index::elasticsearch {
namespace {

using std::chrono::milliseconds;

/// Answers with which another node may do better.
bool is_node_trouble(int status) {
    return status == 502 || status == 503 || status == 504;
}

std::string authorization_of(const ElasticsearchSettings& settings) {
    if (!settings.api_key.empty()) return "ApiKey " + settings.api_key;
    if (settings.user.empty()) return {};
    return "Basic " + base64_encode(settings.user + ":" + settings.password);
}

}  // namespace

Result<std::shared_ptr<Cluster>> Cluster::make(ElasticsearchSettings settings) {
    if (settings.urls.empty()) {
        return fail(ErrorCode::invalid_input, "No address of Elasticsearch was given.");
    }
    std::shared_ptr<Cluster> cluster(new Cluster(std::move(settings)));
    for (const std::string& text : cluster->settings_.urls) {
        auto url = http::Url::parse(text);
        if (!url) return std::unexpected(std::move(url.error()));
        cluster->nodes_.push_back(std::move(*url));
    }
    cluster->settings_.max_in_flight = std::max<std::size_t>(1, cluster->settings_.max_in_flight);
    cluster->authorization_ = authorization_of(cluster->settings_);
    return cluster;
}

ClusterClient::ClusterClient(std::shared_ptr<Cluster> cluster)
    : cluster_(std::move(cluster)), node_(cluster_->next_node() % cluster_->nodes().size()) {
}

Result<http::Response> ClusterClient::send(ClusterRequest request, SteadyTime deadline) {
    http::Request prepared = prepare(std::move(request));
    for (std::size_t others = cluster_->nodes().size() - 1; others > 0; --others) {
        auto response = ask_node(prepared, deadline);
        const bool is_unreached = !response && response.error().code == ErrorCode::unavailable;
        if (!is_unreached || std::chrono::steady_clock::now() >= deadline) return response;
    }
    return ask_node(std::move(prepared), deadline);
}

Result<http::Response> ClusterClient::ask_node(http::Request request, SteadyTime deadline) {
    if (!connection_) {
        http::ClientSettings settings;
        settings.connect_timeout = cluster_->settings().connect_timeout;
        settings.ca_file = cluster_->settings().ca_file;
        connection_ = std::make_unique<http::Client>(cluster_->nodes()[node_], std::move(settings));
    }
    const auto left =
        std::chrono::duration_cast<milliseconds>(deadline - std::chrono::steady_clock::now());
    auto response = connection_->send(std::move(request), left, true);
    if (!response || is_node_trouble(response->status)) go_to_next_node();
    return response;
}

http::Request ClusterClient::prepare(ClusterRequest request) const {
    http::Request prepared;
    prepared.method = std::move(request.method);
    prepared.target = std::move(request.target);
    if (!cluster_->authorization().empty()) {
        prepared.headers.add("Authorization", cluster_->authorization());
    }
    if (request.body.empty()) return prepared;
    prepared.headers.add("Content-Type", std::string(request.content_type));
    if (cluster_->settings().is_gzip) {
        prepared.headers.add("Content-Encoding", "gzip");
        prepared.body = gzip(request.body);
    } else {
        prepared.body = std::move(request.body);
    }
    return prepared;
}

void ClusterClient::go_to_next_node() {
    if (cluster_->nodes().size() == 1) return;
    node_ = (node_ + 1) % cluster_->nodes().size();
    connection_.reset();
}

}  // namespace tributary::document_index::elasticsearch
