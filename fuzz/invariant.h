#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace tributary::fuzz {

/// Ends the process, which is how a fuzzer learns of a finding.
inline void require(bool holds, std::string_view promise) {
    if (holds) return;
    std::fprintf(stderr, "This does not hold: %.*s\n", static_cast<int>(promise.size()),
                 promise.data());
    std::abort();
}

}  // namespace tributary::fuzz
