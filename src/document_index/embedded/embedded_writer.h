#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "document_index/document_index.h"
#include "document_index/embedded/embedded_index.h"
#include "document_index/embedded/group_writer.h"

namespace tributary::document_index {

/// Queues writes for one thread, which writes all that waits in one transaction. On destruction the
/// group under way is finished, and what still waits is answered `shutting_down`.
class EmbeddedWriter final : public Writer {
public:
    explicit EmbeddedWriter(EmbeddedIndexSettings settings);
    ~EmbeddedWriter() override;

    /// `retry_later`, from within this call, when the queue is full.
    void write(std::vector<Document> documents, Done done) override;
    [[nodiscard]] Result<void> ready() const override;

private:
    struct Request {
        std::vector<Document> documents;
        std::size_t count;  // Of the documents, also when they were moved on.
        Done done;
    };

    void run(const std::stop_token& stop);
    std::vector<Request> next_group(const std::stop_token& stop);
    static void answer(std::vector<Request> group, Outcomes outcomes);
    void refuse_the_rest();

    const EmbeddedIndexSettings settings_;
    mutable std::mutex mutex_;
    std::condition_variable_any work_arrived_;
    std::deque<Request> queue_;
    std::size_t queued_documents_ = 0;  // With those being written.
    GroupWriter group_writer_;          // The thread's own.
    std::jthread thread_;
};

}  // namespace tributary::document_index
