#pragma once

#include <vector>

#include "telemetry/pipeline_stats.h"

namespace tributary::indexing {

/// What the Consumer's `pipeline.stats` line holds; docs/observability.md explains it.
std::vector<telemetry::StatsField> stats_fields();

}  // namespace tributary::indexing
