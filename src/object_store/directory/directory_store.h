#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>

#include "base/result.h"
#include "object_store/directory/file_descriptor.h"
#include "object_store/object_store.h"

namespace tributary::object_store {

/// Lies in every bucket and holds files that are being written. Never a key, never listed.
inline constexpr const char* kTemporaryFolder = ".tributary";

/// What tells one version of a file from another.
enum class Versions {
    by_file,     ///< Cheap; the same content, put again, is another version.
    by_content,  ///< The same for every copy of a file; `open` and `head` read all of it.
};

/// The version of a file by `Versions::by_file`: size, mtime in nanoseconds, inode.
/// Two writes of equal size within one tick of the file system's clock look the same.
std::string version_of(const struct stat& file);

/// Buckets as folders: a bucket is a folder under the root, a key the relative path of a file in
/// it. Any number of processes may use one root, and people may put files there by hand.
///
/// Keys that no such file can have are `invalid_input`: empty, longer than 1,024 bytes, absolute,
/// with NUL, with empty, `.` or `..` segments, or in the temporary folder. Symbolic links under a
/// bucket are never followed: for this store they do not exist.
class DirectoryStore final : public ObjectStore {
public:
    /// Creates `root` where it is missing. `unavailable` when that is impossible.
    static Result<std::unique_ptr<DirectoryStore>> open(std::string root,
                                                        Versions versions = Versions::by_file);

    /// `read` reports `conflict` as soon as the file at that path is another one or was changed.
    Result<std::unique_ptr<ObjectStream>> open(const ObjectId& object, const std::string& version,
                                               std::uint64_t offset) override;
    Result<ObjectInfo> head(const ObjectId& object) override;
    /// Creates the bucket and the folders on the way. Once it succeeded the object survives a power
    /// cut. `unavailable` when the disk is full.
    Result<void> put(const ObjectId& object, std::string_view content) override;
    Result<void> remove(const ObjectId& object) override;
    /// A bucket that does not exist yet is empty.
    Result<void> list(const std::string& bucket, const std::string& prefix,
                      const std::function<bool(const std::string& key)>& each) override;

private:
    DirectoryStore(std::string root, Versions versions)
        : root_(std::move(root)), versions_(versions) {}

    [[nodiscard]] Result<ObjectInfo> info_of(const FileDescriptor& file,
                                             const struct stat& status) const;

    std::string root_;
    Versions versions_;
};

}  // namespace tributary::object_store
