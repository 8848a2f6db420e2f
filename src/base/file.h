#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"

namespace tributary {

/// All of a small file; of a pipe too. `invalid_input` with the path and the reason, as the end of
/// a sentence, where it cannot be read (a directory is no file) or holds more than `max_bytes`.
Result<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace tributary
