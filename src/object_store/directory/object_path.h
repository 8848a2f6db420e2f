#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "object_store/directory/file_descriptor.h"
#include "object_store/object_store.h"

/// From a bucket and a key to a folder and a name in it, without ever following a symbolic link.
namespace tributary::object_store {

inline constexpr std::size_t kMaxKeyBytes = 1024;

/// `invalid_input` for names that must not become paths; see DirectoryStore.
Result<void> check_bucket(const std::string& bucket);
Result<void> check_object(const ObjectId& object);

/// An open folder and the name of a file in it, which may or may not exist.
struct FileLocation {
    FileDescriptor folder;
    std::string name;
};

/// Opens the folder of a bucket; the operator may have made it a link. `not_found`.
Result<FileDescriptor> open_bucket(const std::string& root, const std::string& bucket);

/// Opens `name` in `folder` unless it is a link. `not_found` where it is no folder.
Result<FileDescriptor> open_folder(int folder, const std::string& name);

/// Where the object lies. `not_found` when the bucket or a folder on the way is missing.
Result<FileLocation> locate(const std::string& root, const ObjectId& object);

/// The same, making the bucket and the folders on the way, durably. `invalid_input` when a file is
/// in the way.
Result<FileLocation> locate_or_create(const std::string& root, const ObjectId& object);

/// The Error of a system call that failed just now: `unavailable` and the system's words.
std::unexpected<Error> system_failure(std::string_view attempt, std::string_view path);

}  // namespace tributary::object_store
