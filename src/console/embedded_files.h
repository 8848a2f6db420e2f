#pragma once

#include <string_view>

namespace tributary::console {

/// A file of the page that the build put into the program, by its name without a folder. Empty
/// where there is none: all are where the build had no Node.
std::string_view embedded_file(std::string_view name);

}  // namespace tributary::console
