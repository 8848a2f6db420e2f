#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "object_store/directory/object_path.h"

namespace tributary::object_store {

/// Makes `content` the file at `target`, durably and in one step: it is written and synced in
/// `temporary_folder` (of the same file system) and renamed from there.
Result<void> write_atomically(int temporary_folder, const FileLocation& target,
                              std::string_view content);

/// Removes what writers that were killed have left behind; files being written now are kept.
void remove_leftovers(const FileDescriptor& temporary_folder);

}  // namespace tributary::object_store
