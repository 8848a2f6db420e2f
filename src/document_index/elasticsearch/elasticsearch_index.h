#pragma once

#include <memory>

#include "base/result.h"
#include "document_index/document_index.h"
#include "document_index/elasticsearch/settings.h"

namespace tributary::document_index {

namespace elasticsearch {
class Cluster;
}

/// The document index in Elasticsearch (7.10, 8.x, 9.x) or OpenSearch (2.x).
class ElasticsearchIndex {
public:
    /// Connects to nothing yet. `invalid_input` for settings that can never work.
    static Result<std::unique_ptr<ElasticsearchIndex>> open(ElasticsearchSettings settings);
    ~ElasticsearchIndex();

    /// Installs index templates and indices that are absent or older; harmless to repeat, also for
    /// several processes at once. `invalid_input` where a newer version of Tributary made them,
    /// `unavailable` or `retry_later` where it is worth trying again. Writers do it by themselves
    /// before their first document; this is to fail early, and with a sentence. Blocks up to
    /// `write_deadline`.
    Result<void> install();

    /// Both stand on their own and may outlive this object.
    std::unique_ptr<Writer> make_writer();
    std::unique_ptr<Searcher> make_searcher();

private:
    explicit ElasticsearchIndex(std::shared_ptr<elasticsearch::Cluster> cluster);

    std::shared_ptr<elasticsearch::Cluster> cluster_;
};

}  // namespace tributary::document_index
