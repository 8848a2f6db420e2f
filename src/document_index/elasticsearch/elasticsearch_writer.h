#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "document_index/document_index.h"
#include "document_index/elasticsearch/cluster_client.h"

namespace tributary::document_index::elasticsearch {

/// One thread and one connection for every bulk that may be under way.
class ElasticsearchWriter final : public Writer {
public:
    explicit ElasticsearchWriter(std::shared_ptr<Cluster> cluster);
    ~ElasticsearchWriter() override;

    void write(std::vector<Document> documents, Done done) override;
    [[nodiscard]] Result<void> ready() const override;

private:
    struct Job {
        std::vector<Document> documents;
        Done done;
    };
    void work(ClusterClient& client, bool probes);
    [[nodiscard]] std::optional<Job> next_job(bool probes);
    Outcomes perform(ClusterClient& client, const std::vector<Document>& documents);
    /// Remembers how the cluster is, for `ready`.
    void note(const Result<void>& state, std::chrono::milliseconds retry_after);
    void probe(ClusterClient& client);
    [[nodiscard]] bool was_asked() const;

    const std::shared_ptr<Cluster> cluster_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Job> jobs_;
    bool is_stopping_ = false;
    SteadyTime stop_at_;   ///< When stopping: what has not begun by then never will.
    Result<void> state_;   ///< The cluster's last answer.
    SteadyTime asked_at_;  ///< When it was given.
    bool was_asked_ = false;
    SteadyTime closed_until_;  ///< The cluster asked for peace until then.
    std::vector<std::jthread> workers_;
};

}  // namespace tributary::document_index::elasticsearch
