#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "document_index/elasticsearch/settings.h"
#include "http/client.h"

namespace tributary::document_index::elasticsearch {

/// What all connections to one cluster share. Thread-safe.
class Cluster {
public:
    /// `invalid_input` for settings that can never work.
    static Result<std::shared_ptr<Cluster>> make(ElasticsearchSettings settings);

    [[nodiscard]] const ElasticsearchSettings& settings() const { return settings_; }
    [[nodiscard]] const std::vector<http::Url>& nodes() const { return nodes_; }
    /// The value of the Authorization header; empty where there is none.
    [[nodiscard]] const std::string& authorization() const { return authorization_; }
    /// Spreads connections over the nodes.
    std::size_t next_node() { return next_node_++; }

    /// Guards and remembers that the templates are installed; who has reason to doubt it says so.
    std::mutex installing;
    std::atomic<bool> is_installed = false;
    bool was_installed = false;  ///< By this process; guarded by `installing`.

private:
    explicit Cluster(ElasticsearchSettings settings) : settings_(std::move(settings)) {}

    ElasticsearchSettings settings_;
    std::vector<http::Url> nodes_;
    std::string authorization_;
    std::atomic<std::size_t> next_node_ = 0;
};

/// One request to the cluster.
struct ClusterRequest {
    ClusterRequest(std::string method_in, std::string target_in, std::string body_in = {})
        : method(std::move(method_in)), target(std::move(target_in)), body(std::move(body_in)) {}
    std::string method;
    std::string target;
    std::string body;
    std::string_view content_type = "application/json";
};

/// Talks to one node of the cluster over one kept connection, and to the next node where that one
/// cannot be reached or does not answer well. One thread.
class ClusterClient {
public:
    explicit ClusterClient(std::shared_ptr<Cluster> cluster);

    /// Everything that is sent here may be repeated. An answer of any status is a success;
    /// `unavailable` where no node could be reached, `timed_out` where one did not answer.
    Result<http::Response> send(ClusterRequest request, SteadyTime deadline);

    [[nodiscard]] const ElasticsearchSettings& settings() const { return cluster_->settings(); }
    [[nodiscard]] Cluster& cluster() { return *cluster_; }

private:
    [[nodiscard]] http::Request prepare(ClusterRequest request) const;
    /// Asks the node whose turn it is; where that does not go well, it is the next one's turn.
    Result<http::Response> ask_node(http::Request request, SteadyTime deadline);
    void go_to_next_node();

    std::shared_ptr<Cluster> cluster_;
    std::size_t node_;
    std::unique_ptr<http::Client> connection_;
};

}  // namespace tributary::document_index::elasticsearch
