#include "object_store/directory/directory_store.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <system_error>

#include "object_store/directory/atomic_file.h"
#include "object_store/directory/content_hash.h"
#include "object_store/directory/folder_entries.h"
#include "object_store/directory/object_path.h"

namespace tributary::object_store {
namespace {

std::unexpected<Error> no_such_object(const ObjectId& object) {
    return fail(ErrorCode::not_found,
                fmt::format("There is no object '{}' in bucket '{}'.", object.key, object.bucket));
}

/// The file that lies there now; only regular files are objects.
Result<struct stat> stat_object(const std::string& root, const ObjectId& object) {
    const auto location = locate(root, object);
    if (!location) {
        if (location.error().code == ErrorCode::not_found) return no_such_object(object);
        return std::unexpected(location.error());
    }
    struct stat file{};
    if (::fstatat(location->folder.get(), location->name.c_str(), &file, AT_SYMLINK_NOFOLLOW) !=
        0) {
        if (errno == ENOENT || errno == ENAMETOOLONG) return no_such_object(object);
        return system_failure("looking at the object", object.key);
    }
    if (!S_ISREG(file.st_mode)) return no_such_object(object);
    return file;
}

class FileStream final : public ObjectStream {
public:
    /// `opened` is the state of the file that `info` tells of.
    FileStream(std::string root, ObjectId object, FileDescriptor file, const struct stat& opened,
               ObjectInfo info, std::uint64_t offset)
        : root_(std::move(root)),
          object_(std::move(object)),
          file_(std::move(file)),
          opened_(version_of(opened)),
          info_(std::move(info)),
          offset_(offset) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        ssize_t count = -1;
        do {
            count = ::pread(file_.get(), buffer, capacity, static_cast<off_t>(offset_));
        } while (count < 0 && errno == EINTR);
        if (count < 0) return system_failure("reading the object", object_.key);
        // Looked at after the read, so whatever was changed before it shows. The file at the path
        // is our open one as long as what has the inode in it stays the same.
        const auto now = stat_object(root_, object_);
        if (!now && now.error().code != ErrorCode::not_found) return std::unexpected(now.error());
        if (!now || version_of(*now) != opened_) {
            return fail(ErrorCode::conflict,
                        fmt::format("The object '{}' changed while it was read; begin again with "
                                    "its new version.",
                                    object_.key));
        }
        offset_ += static_cast<std::uint64_t>(count);
        return static_cast<std::size_t>(count);
    }

    [[nodiscard]] const ObjectInfo& info() const override { return info_; }

private:
    std::string root_;
    ObjectId object_;
    FileDescriptor file_;
    const std::string opened_;
    ObjectInfo info_;
    std::uint64_t offset_;
};

/// O_NONBLOCK, because opening a pipe that somebody put there would wait for its writer.
Result<FileDescriptor> open_file(const std::string& root, const ObjectId& object) {
    const auto location = locate(root, object);
    if (!location) {
        if (location.error().code == ErrorCode::not_found) return no_such_object(object);
        return std::unexpected(location.error());
    }
    FileDescriptor file(::openat(location->folder.get(), location->name.c_str(),
                                 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    if (file.is_open()) return file;
    if (errno == ENOENT || errno == ELOOP || errno == ENAMETOOLONG || errno == ENXIO) {
        return no_such_object(object);
    }
    return system_failure("opening the object", object.key);
}

/// Whether keys that begin with `path` can begin with `prefix`.
bool may_match(std::string_view path, std::string_view prefix) {
    return path.starts_with(prefix) || prefix.starts_with(path);
}

/// Lists what lies under `folder`, whose keys begin with `path`. False: the caller wants no more.
Result<bool> list_folder(const FileDescriptor& folder, const std::string& path,
                         const std::string& prefix,
                         const std::function<bool(const std::string& key)>& each) {
    const auto entries = folder_entries(folder);
    if (!entries) return std::unexpected(entries.error());
    for (const auto& entry : *entries) {
        const auto key = path + entry.name;
        if (key.size() > kMaxKeyBytes) continue;
        if (!entry.is_folder) {
            if (key.starts_with(prefix) && !each(key)) return false;
            continue;
        }
        if (!may_match(key + '/', prefix) || key == kTemporaryFolder) continue;
        const auto child = open_folder(folder.get(), entry.name);
        if (!child && child.error().code == ErrorCode::not_found) continue;  // Removed meanwhile.
        if (!child) return std::unexpected(child.error());
        auto goes_on = list_folder(*child, key + '/', prefix, each);
        if (!goes_on || !*goes_on) return goes_on;
    }
    return true;
}

}  // namespace

std::string version_of(const struct stat& file) {
    const auto nanoseconds =
        std::int64_t{file.st_mtim.tv_sec} * 1'000'000'000 + std::int64_t{file.st_mtim.tv_nsec};
    return fmt::format("{}-{}-{}", file.st_size, nanoseconds, file.st_ino);
}

Result<std::unique_ptr<DirectoryStore>> DirectoryStore::open(std::string root, Versions versions) {
    std::error_code error;
    std::filesystem::create_directories(root, error);
    FileDescriptor folder(::open(root.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder.is_open()) return system_failure("opening the object store at", root);
    const auto buckets = folder_entries(folder);
    if (!buckets) return std::unexpected(buckets.error());
    for (const auto& bucket : *buckets) {
        const auto temporary = open_bucket(root, bucket.name + '/' + kTemporaryFolder);
        if (temporary) remove_leftovers(*temporary);
    }
    return std::unique_ptr<DirectoryStore>(new DirectoryStore(std::move(root), versions));
}

/// A file that changes while its content is read is found out by the stream, which compares with
/// `status`.
Result<ObjectInfo> DirectoryStore::info_of(const FileDescriptor& file,
                                           const struct stat& status) const {
    const auto size = static_cast<std::uint64_t>(status.st_size);
    if (versions_ == Versions::by_file) return ObjectInfo{version_of(status), size};
    auto hash = content_hash(file);
    if (!hash) return std::unexpected(hash.error());
    return ObjectInfo{std::move(*hash), size};
}

Result<std::unique_ptr<ObjectStream>> DirectoryStore::open(const ObjectId& object,
                                                           const std::string& version,
                                                           std::uint64_t offset) {
    if (auto valid = check_object(object); !valid) return std::unexpected(valid.error());
    auto file = open_file(root_, object);
    if (!file) return std::unexpected(file.error());
    struct stat status{};
    if (::fstat(file->get(), &status) != 0) return system_failure("opening", object.key);
    if (!S_ISREG(status.st_mode)) return no_such_object(object);
    auto info = info_of(*file, status);
    if (!info) return std::unexpected(info.error());
    if (!version.empty() && version != info->version) {
        return fail(ErrorCode::conflict,
                    fmt::format("The object '{}' has version {} by now, not {}.", object.key,
                                info->version, version));
    }
    if (offset > info->size) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The object '{}' has {} bytes; it cannot be read from byte {}.",
                                object.key, info->size, offset));
    }
    return std::make_unique<FileStream>(root_, object, std::move(*file), status, std::move(*info),
                                        offset);
}

Result<ObjectInfo> DirectoryStore::head(const ObjectId& object) {
    if (versions_ == Versions::by_content) {
        const auto stream = open(object, "", 0);
        if (!stream) return std::unexpected(stream.error());
        return (*stream)->info();
    }
    if (auto valid = check_object(object); !valid) return std::unexpected(valid.error());
    const auto file = stat_object(root_, object);
    if (!file) return std::unexpected(file.error());
    return ObjectInfo{version_of(*file), static_cast<std::uint64_t>(file->st_size)};
}

Result<void> DirectoryStore::put(const ObjectId& object, std::string_view content) {
    if (auto valid = check_object(object); !valid) return valid;
    const auto target = locate_or_create(root_, object);
    if (!target) return std::unexpected(target.error());
    const auto temporary =
        locate_or_create(root_, ObjectId(object.bucket, std::string(kTemporaryFolder) + "/file"));
    if (!temporary) return std::unexpected(temporary.error());
    return write_atomically(temporary->folder.get(), *target, content);
}

Result<void> DirectoryStore::remove(const ObjectId& object) {
    if (auto valid = check_object(object); !valid) return valid;
    // Folders and links are no objects, so they stay.
    if (auto there = stat_object(root_, object); !there) {
        if (there.error().code == ErrorCode::not_found) return {};
        return std::unexpected(there.error());
    }
    const auto location = locate(root_, object);
    if (!location) return {};
    if (::unlinkat(location->folder.get(), location->name.c_str(), 0) != 0 && errno != ENOENT) {
        return system_failure("removing the object", object.key);
    }
    if (::fsync(location->folder.get()) != 0) return system_failure("syncing", object.key);
    return {};
}

Result<void> DirectoryStore::list(const std::string& bucket, const std::string& prefix,
                                  const std::function<bool(const std::string& key)>& each) {
    if (auto valid = check_bucket(bucket); !valid) return valid;
    const auto folder = open_bucket(root_, bucket);
    if (!folder) {
        if (folder.error().code == ErrorCode::not_found) return {};
        return std::unexpected(folder.error());
    }
    const auto listed = list_folder(*folder, "", prefix, each);
    if (!listed) return std::unexpected(listed.error());
    return {};
}

}  // namespace tributary::object_store
