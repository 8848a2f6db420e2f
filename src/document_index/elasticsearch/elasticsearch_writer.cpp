#include "document_index/elasticsearch/elasticsearch_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "document_index/elasticsearch/bulk_exchange.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/installation.h"

namespace tributary::document_index::elasticsearch {
namespace {

SteadyTime now() {
    return std::chrono::steady_clock::now();
}

/// The port knows three kinds of failure.
Error as_write_failure(Error error) {
    if (error.code == ErrorCode::retry_later || error.code == ErrorCode::shutting_down) {
        return error;
    }
    return Error(ErrorCode::unavailable, std::move(error.message));
}

}  // namespace

ElasticsearchWriter::ElasticsearchWriter(std::shared_ptr<Cluster> cluster)
    : cluster_(std::move(cluster)),
      state_(fail(ErrorCode::unavailable, "Elasticsearch was not asked yet.")),
      // So that it is asked at once.
      asked_at_(now() - cluster_->settings().probe_interval) {
    for (std::size_t i = 0; i < cluster_->settings().max_in_flight; ++i) {
        workers_.emplace_back([this, is_first = i == 0] {
            ClusterClient client(cluster_);
            work(client, is_first);
        });
    }
}

ElasticsearchWriter::~ElasticsearchWriter() {
    {
        const std::scoped_lock lock(mutex_);
        is_stopping_ = true;
        stop_at_ = now() + cluster_->settings().write_deadline;
    }
    changed_.notify_all();
    workers_.clear();
}

void ElasticsearchWriter::write(std::vector<Document> documents, Done done) {
    if (documents.empty()) return done(std::vector<WriteOutcome>());
    std::unique_lock lock(mutex_);
    if (now() >= closed_until_) {
        jobs_.push_back({std::move(documents), std::move(done)});
        lock.unlock();
        return changed_.notify_one();
    }
    Error refusal(ErrorCode::retry_later,
                  "Elasticsearch asked to be left alone for a while: " +
                      (state_ ? std::string("it is overloaded.") : state_.error().message));
    lock.unlock();
    done(std::unexpected(std::move(refusal)));
}

Result<void> ElasticsearchWriter::ready() const {
    const std::scoped_lock lock(mutex_);
    return state_;
}

void ElasticsearchWriter::work(ClusterClient& client, bool probes) {
    for (;;) {
        auto job = next_job(probes);
        if (job && job->documents.empty()) {
            probe(client);
        } else if (job) {
            job->done(perform(client, job->documents));
        } else {
            return;
        }
    }
}

/// Nothing at the end; a job without documents where it is time to ask how the cluster is.
std::optional<ElasticsearchWriter::Job> ElasticsearchWriter::next_job(bool probes) {
    std::unique_lock lock(mutex_);
    const auto has_news = [this] { return is_stopping_ || !jobs_.empty(); };
    while (!has_news()) {
        if (!probes) {
            changed_.wait(lock, has_news);
        } else if (!changed_.wait_until(lock, asked_at_ + cluster_->settings().probe_interval,
                                        has_news) &&
                   now() >= asked_at_ + cluster_->settings().probe_interval) {
            return Job();
        }
    }
    if (jobs_.empty()) return {};
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    return job;
}

Writer::Outcomes ElasticsearchWriter::perform(ClusterClient& client,
                                              const std::vector<Document>& documents) {
    {
        const std::scoped_lock lock(mutex_);
        if (is_stopping_ && now() > stop_at_) {
            return fail(ErrorCode::shutting_down, "The writer was stopped before it came to this.");
        }
    }
    const SteadyTime deadline = now() + cluster_->settings().write_deadline;
    if (auto installed = ensure_installed(client, deadline); !installed) {
        const auto failure = as_write_failure(std::move(installed.error()));
        note(std::unexpected(failure), {});
        return std::unexpected(failure);
    }
    BulkExchange exchange(client, documents, deadline);
    auto outcomes = exchange.run();
    if (outcomes) {
        note({}, {});
    } else {
        note(std::unexpected(outcomes.error()), exchange.retry_after());
    }
    return outcomes;
}

/// Whatever is worse than overload may end with other indices than before, or none: one that was
/// deleted, a cluster that lost its disks. Without our templates it would make them itself, and
/// guess the mappings; so before the next request it is looked what is installed.
void ElasticsearchWriter::note(const Result<void>& state, std::chrono::milliseconds retry_after) {
    if (!state && state.error().code == ErrorCode::unavailable) cluster_->is_installed = false;
    const std::scoped_lock lock(mutex_);
    state_ = state;
    asked_at_ = now();
    was_asked_ = true;
    if (retry_after <= std::chrono::milliseconds(0)) return;
    closed_until_ = asked_at_ + std::min(retry_after, cluster_->settings().max_retry_after);
}

bool ElasticsearchWriter::was_asked() const {
    const std::scoped_lock lock(mutex_);
    return was_asked_;
}

void ElasticsearchWriter::probe(ClusterClient& client) {
    const SteadyTime deadline = now() + cluster_->settings().search_deadline;
    auto state = ensure_installed(client, deadline);
    // The first time that says enough.
    if (state && was_asked()) state = check_indices(client, deadline);
    if (!state) state = std::unexpected(as_write_failure(std::move(state.error())));
    note(state, {});
}

}  // namespace tributary::document_index::elasticsearch
