#pragma once

#include <vector>

#include "telemetry/pipeline_stats.h"

namespace tributary::ingest {

/// What the Producer's `pipeline.stats` line holds; docs/observability.md explains it.
std::vector<telemetry::StatsField> stats_fields();

}  // namespace tributary::ingest
