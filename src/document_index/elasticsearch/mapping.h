#pragma once

#include <string>
#include <vector>

#include "event/catalog.h"

namespace tributary::document_index::elasticsearch {

/// The version of everything that is installed in the cluster. This program takes over what an
/// older one made, and refuses what a newer one did.
inline constexpr int kInstalledVersion = 1;

/// The mapping of one index, as JSON: what every document has, typed `fields` of `data`, and the
/// rest kept but not mapped. Its `_meta` holds the version and a fingerprint of all the rest, which
/// changes when the catalog does.
struct Mapping {
    std::string json;
    std::string fingerprint;
};
Mapping mapping_of(const std::vector<event::Field>& fields);

/// The index template that makes `index` with `mapping`, as JSON. `forbids_auto_creation` where the
/// server knows how to (not Elasticsearch 7.10 and OpenSearch): then a deleted index stays
/// deleted until somebody makes it.
std::string template_of(const std::string& index, const Mapping& mapping,
                        bool forbids_auto_creation);

}  // namespace tributary::document_index::elasticsearch
