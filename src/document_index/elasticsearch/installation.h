#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "document_index/elasticsearch/cluster_client.h"

namespace tributary::document_index::elasticsearch {

/// As ElasticsearchIndex::install, once for the whole cluster object until somebody doubts it
/// (`Cluster::is_installed`); afterwards it costs nothing.
/// Thread-safe: others wait for the one that does it.
Result<void> ensure_installed(ClusterClient& client, SteadyTime deadline);

/// Whether the cluster answers and has every index.
Result<void> check_indices(ClusterClient& client, SteadyTime deadline);

}  // namespace tributary::document_index::elasticsearch
