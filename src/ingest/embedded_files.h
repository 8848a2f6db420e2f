#pragma once

#include <string_view>

namespace tributary::ingest {

/// A file that the build put into the program (see CMakeLists.txt), by its name without a folder.
/// Empty where there is none.
std::string_view embedded_file(std::string_view name);

}  // namespace tributary::ingest
