#pragma once

#include <memory>

#include "base/result.h"
#include "document_index/document_index.h"
#include "document_index/elasticsearch/settings.h"
#include "event/catalog.h"
#include "settings/settings.h"

namespace tributary::apps {

/// The document index that the settings name: Elasticsearch or OpenSearch where ELASTICSEARCH_URL
/// is set, else the embedded one in DATA_DIR.
class IndexBackend {
public:
    IndexBackend() = default;
    IndexBackend(const IndexBackend&) = delete;
    IndexBackend& operator=(const IndexBackend&) = delete;
    virtual ~IndexBackend() = default;

    /// Both stand on their own and may outlive this.
    virtual std::unique_ptr<document_index::Writer> make_writer() = 0;
    virtual std::unique_ptr<document_index::Searcher> make_searcher() = 0;
};

/// Where ELASTICSEARCH_URL points, for the commands that only it has.
document_index::ElasticsearchSettings elasticsearch_settings(const settings::Settings& settings,
                                                             const event::Catalog& catalog);

Result<std::unique_ptr<IndexBackend>> open_document_index(const settings::Settings& settings,
                                                          const event::Catalog& catalog);

}  // namespace tributary::apps
