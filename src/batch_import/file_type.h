#pragma once

#include <string_view>

#include "base/result.h"
#include "event/catalog.h"

namespace tributary::batch_import {

/// The entity type that an object's key names: the words of its base name, split at everything that
/// is not a letter, in singular or plural and any case; where none of them is a type, the nearest
/// folder that has one. `invalid_input` tells the rule where two different types or none are found.
Result<const event::EntityType*> type_of_file(const event::Catalog& catalog, std::string_view key);

/// Whether the name says NDJSON: `.ndjson` or `.jsonl`, in any case, also compressed.
bool is_named_ndjson(std::string_view key);

}  // namespace tributary::batch_import
