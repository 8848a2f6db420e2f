#pragma once

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

#include "base/clock.h"
#include "document_index/document_index.h"
#include "document_index/elasticsearch/cluster_client.h"

namespace tributary::document_index::elasticsearch {

/// One call of `Writer::write`: the bulk itself, in parts where the server takes no more at once,
/// and a look at what is stored under the ids that were taken. Used once, by one thread.
class BulkExchange {
public:
    BulkExchange(ClusterClient& client, const std::vector<Document>& documents, SteadyTime deadline)
        : client_(client), documents_(documents), deadline_(deadline) {}

    /// Blocks until every outcome is known or the deadline has passed.
    Writer::Outcomes run();

    /// The server's Retry-After; zero where it gave none.
    [[nodiscard]] std::chrono::seconds retry_after() const { return retry_after_; }

private:
    using Positions = std::span<const std::size_t>;
    Result<void> store(Positions positions);
    Result<void> store_in_halves(Positions positions);
    Result<void> take_answers(Positions positions, std::string& body);
    Result<void> look_up_taken();
    Result<std::string> ask(ClusterRequest request, std::string_view what);
    std::unexpected<Error> failed(const http::Response& response, std::string_view what);

    ClusterClient& client_;
    const std::vector<Document>& documents_;
    const SteadyTime deadline_;
    std::vector<WriteOutcome> outcomes_;
    std::vector<std::size_t> taken_;  ///< Positions of documents whose id was taken.
    std::chrono::seconds retry_after_{0};
};

}  // namespace tributary::document_index::elasticsearch
