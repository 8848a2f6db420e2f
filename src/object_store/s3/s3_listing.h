#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tributary::object_store {

/// One page of a bucket's listing.
struct S3Page {
    std::vector<std::string> keys;
    std::string next;  ///< What the next page is asked with; empty: this was the last.
};

/// The query of a page; `continuation` empty for the first. Keys are asked for in percent-encoding,
/// since XML cannot hold all of them.
std::string listing_query(const std::string& prefix, const std::string& continuation);
/// `corrupt_data` where it is no listing.
Result<S3Page> parse_listing(std::string_view xml);

}  // namespace tributary::object_store
