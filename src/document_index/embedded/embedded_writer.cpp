#include "document_index/embedded/embedded_writer.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <utility>

namespace tributary::document_index {
namespace {

/// A group is what one transaction writes: enough to share the cost of its sync, little enough to
/// let other processes write too.
constexpr std::size_t kGroupDocuments = 4'000;
constexpr std::size_t kGroupBytes = std::size_t{8} << 20;

std::size_t bytes_of(const std::vector<Document>& documents) {
    std::size_t bytes = 0;
    for (const auto& document : documents) bytes += document.json.size();
    return bytes;
}

}  // namespace

EmbeddedWriter::EmbeddedWriter(EmbeddedIndexSettings settings)
    : settings_(std::move(settings)),
      group_writer_(settings_),
      thread_([this](const std::stop_token& stop) { run(stop); }) {
}

EmbeddedWriter::~EmbeddedWriter() {
    thread_.request_stop();
    thread_.join();
}

void EmbeddedWriter::write(std::vector<Document> documents, Done done) {
    {
        const std::lock_guard lock(mutex_);
        // A request that is larger than the whole queue is taken when nothing else waits.
        if (queued_documents_ == 0 ||
            queued_documents_ + documents.size() <= settings_.max_queued_documents) {
            queued_documents_ += documents.size();
            const auto count = documents.size();
            queue_.push_back({std::move(documents), count, std::move(done)});
            work_arrived_.notify_one();
            return;
        }
    }
    done(fail(ErrorCode::retry_later,
              fmt::format("{} documents wait to be indexed already; retry when they are written.",
                          settings_.max_queued_documents)));
}

Result<void> EmbeddedWriter::ready() const {
    {
        const std::lock_guard lock(mutex_);
        if (queued_documents_ >= settings_.max_queued_documents) {
            return fail(ErrorCode::retry_later, "The index has a full queue of documents.");
        }
    }
    return check_free_space(settings_);
}

void EmbeddedWriter::run(const std::stop_token& stop) {
    while (true) {
        auto group = next_group(stop);
        if (group.empty()) break;
        std::vector<Document> documents;
        for (auto& request : group) {
            std::ranges::move(request.documents, std::back_inserter(documents));
        }
        auto outcomes = group_writer_.write(documents);
        {
            const std::lock_guard lock(mutex_);
            queued_documents_ -= documents.size();
        }
        answer(std::move(group), std::move(outcomes));
    }
    refuse_the_rest();
}

/// Waits for work; empty when it is time to stop.
std::vector<EmbeddedWriter::Request> EmbeddedWriter::next_group(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    work_arrived_.wait(lock, stop, [this] { return !queue_.empty(); });
    std::vector<Request> group;
    if (stop.stop_requested()) return group;
    std::size_t documents = 0;
    std::size_t bytes = 0;
    while (!queue_.empty()) {
        documents += queue_.front().count;
        bytes += bytes_of(queue_.front().documents);
        if (!group.empty() && (documents > kGroupDocuments || bytes > kGroupBytes)) break;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    return group;
}

void EmbeddedWriter::answer(std::vector<Request> group, Outcomes outcomes) {
    if (!outcomes) {
        for (auto& request : group) request.done(std::unexpected(outcomes.error()));
        return;
    }
    auto next = std::make_move_iterator(outcomes->begin());
    for (auto& request : group) {
        const auto end = next + static_cast<std::ptrdiff_t>(request.count);
        request.done(std::vector<WriteOutcome>(next, end));
        next = end;
    }
}

void EmbeddedWriter::refuse_the_rest() {
    std::deque<Request> rest;
    {
        const std::lock_guard lock(mutex_);
        rest.swap(queue_);
    }
    for (auto& request : rest) {
        request.done(fail(ErrorCode::shutting_down, "The index writer is being closed."));
    }
}

}  // namespace tributary::document_index
