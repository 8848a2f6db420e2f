#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "event/catalog.h"

namespace tributary::ingest {

/// Somebody who may send events.
struct Caller {
    std::string name;                ///< Letters, digits, `.`, `_`, `-`; may be empty.
    std::string token;               ///< What follows `Bearer `; never empty.
    std::vector<std::string> types;  ///< Which entity types; empty: every one.

    [[nodiscard]] bool may_send(const event::EntityType& type) const;
    /// The `source` of this caller's events: `/api/<name>`, or `/api` without a name.
    [[nodiscard]] std::string source() const;
};

/// Reads a comma-separated list of `token`, `caller=token` or `caller[order|product]=token`.
/// `invalid_input` says which entry is wrong and why, without showing its token.
Result<std::vector<Caller>> parse_callers(std::string_view text, const event::Catalog& catalog);

/// The caller whose token an `Authorization` header carries, as its place in `callers`; empty for
/// none. Takes as long for a nearly right token as for a wrong one.
std::optional<std::size_t> identify(const std::vector<Caller>& callers,
                                    std::string_view authorization);

}  // namespace tributary::ingest
