#pragma once

#include <filesystem>
#include <optional>

namespace tributary::gateway {

/// Whether anybody has the file open for writing; empty where that cannot be found out (another's
/// file, a network file system).
std::optional<bool> is_open_for_writing(const std::filesystem::path& path);

}  // namespace tributary::gateway
