#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tributary::kibana {

struct ImportSettings {
    std::string url;      ///< Of Kibana; `/s/<space>` behind it for a space of its own.
    std::string api_key;  ///< As Elasticsearch encodes it; empty: none is shown.
    std::string ca_file;  ///< PEM file of the certificates to trust; empty: the system's.
    /// How long a Kibana that cannot be reached or is not ready yet is waited for.
    std::chrono::milliseconds patience{300'000};
    std::chrono::milliseconds pause{2'000};  ///< Between two tries.
};

/// Imports saved objects, one JSON object a line, and replaces those with the same ids; gives how
/// many there were. `unavailable`: not ready in time; `invalid_input`: what Kibana did not take, or
/// that it does not know us, in its own words. Blocks.
Result<std::uint64_t> import_objects(const ImportSettings& settings, const std::string& ndjson,
                                     const Clock& clock);

}  // namespace tributary::kibana
