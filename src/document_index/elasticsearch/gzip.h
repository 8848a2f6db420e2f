#pragma once

#include <string>
#include <string_view>

namespace tributary::document_index::elasticsearch {

/// Compresses quickly rather than well.
std::string gzip(std::string_view bytes);

}  // namespace tributary::document_index::elasticsearch
