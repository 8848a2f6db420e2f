#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "object_store/directory/file_descriptor.h"

namespace tributary::object_store {

struct FolderEntry {
    FolderEntry(std::string name_in, bool is_folder_in)
        : name(std::move(name_in)), is_folder(is_folder_in) {}
    std::string name;
    bool is_folder;
};

/// The regular files and folders in `folder`, in the byte order of the keys they stand for: a
/// folder sorts as its name with a slash. Links and devices are left out.
Result<std::vector<FolderEntry>> folder_entries(const FileDescriptor& folder);

}  // namespace tributary::object_store
