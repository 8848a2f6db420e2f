#include "object_store/directory/object_path.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <system_error>
#include <utility>

#include "object_store/directory/directory_store.h"

namespace tributary::object_store {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool is_plain_name(std::string_view segment) {
    return !segment.empty() && segment != "." && segment != "..";
}

/// Calls `visit` with every segment of `key` but the last one, which it returns.
template <class Visit>
Result<std::string> walk(std::string_view key, Visit visit) {
    std::size_t begin = 0;
    for (auto slash = key.find('/'); slash != std::string_view::npos;
         slash = key.find('/', begin)) {
        auto entered = visit(std::string(key.substr(begin, slash - begin)));
        if (!entered) return std::unexpected(entered.error());
        begin = slash + 1;
    }
    return std::string(key.substr(begin));
}

/// Where an open folder lies.
std::string place_of(int folder) {
    std::error_code ignored;
    return std::filesystem::read_symlink(fmt::format("/proc/self/fd/{}", folder), ignored).string();
}

/// Makes the folder unless it is there, and makes its name durable.
Result<void> create_folder(int parent, const std::string& name) {
    if (::mkdirat(parent, name.c_str(), 0777) == 0) {
        if (::fsync(parent) != 0) return system_failure("syncing the folder of", name);
        return {};
    }
    if (errno == EEXIST) return {};
    if (errno == ENAMETOOLONG) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("The folder name '{}' is too long for this file system.", name));
    }
    return system_failure("creating the folder", place_of(parent) + "/" + name);
}

}  // namespace

std::unexpected<Error> system_failure(std::string_view attempt, std::string_view path) {
    const auto reason = std::error_code(errno, std::generic_category()).message();
    return fail(ErrorCode::unavailable, fmt::format("Failed {} '{}': {}.", attempt, path, reason));
}

Result<void> check_bucket(const std::string& bucket) {
    const bool is_hidden = bucket.starts_with('.');
    if (bucket.empty() || is_hidden || bucket.find('/') != std::string::npos ||
        bucket.find('\0') != std::string::npos || bucket.size() > 255) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{}' cannot be a bucket: use a folder name of 1 to 255 bytes that "
                                "does not begin with a dot.",
                                bucket));
    }
    return {};
}

Result<void> check_object(const ObjectId& object) {
    if (auto bucket = check_bucket(object.bucket); !bucket) return bucket;
    const std::string_view key = object.key;
    if (key.size() > kMaxKeyBytes || key.find('\0') != std::string_view::npos) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("A key of {} bytes cannot be stored: use at most {} bytes and no "
                                "NUL.",
                                key.size(), kMaxKeyBytes));
    }
    bool all_plain = true;
    const auto name = walk(key, [&](const std::string& segment) -> Result<void> {
        all_plain = all_plain && is_plain_name(segment);
        return {};
    });
    if (!all_plain || !is_plain_name(*name)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{}' cannot be a key: it must be a relative path without empty, "
                                "'.' or '..' segments.",
                                key));
    }
    if (key.substr(0, key.find('/')) == kTemporaryFolder) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{}' cannot be a key: the folder '{}' holds files that are being "
                                "written.",
                                key, kTemporaryFolder));
    }
    return {};
}

Result<FileDescriptor> open_bucket(const std::string& root, const std::string& bucket) {
    const auto path = root + '/' + bucket;
    FileDescriptor folder(::open(path.c_str(), kFolderFlags));
    if (folder.is_open()) return folder;
    if (errno == ENOENT || errno == ENOTDIR) {
        return fail(ErrorCode::not_found, fmt::format("There is no bucket '{}'.", bucket));
    }
    return system_failure("opening the bucket", path);
}

Result<FileDescriptor> open_folder(int folder, const std::string& name) {
    FileDescriptor child(::openat(folder, name.c_str(), kFolderFlags | O_NOFOLLOW));
    if (child.is_open()) return child;
    if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENAMETOOLONG) {
        return fail(ErrorCode::not_found, fmt::format("There is no folder '{}'.", name));
    }
    return system_failure("opening the folder", name);
}

Result<FileLocation> locate(const std::string& root, const ObjectId& object) {
    auto folder = open_bucket(root, object.bucket);
    if (!folder) return std::unexpected(folder.error());
    auto name = walk(object.key, [&](const std::string& segment) -> Result<void> {
        auto child = open_folder(folder->get(), segment);
        if (!child) return std::unexpected(child.error());
        folder = std::move(child);
        return {};
    });
    if (!name) return std::unexpected(name.error());
    return FileLocation{std::move(*folder), std::move(*name)};
}

Result<FileLocation> locate_or_create(const std::string& root, const ObjectId& object) {
    FileDescriptor root_folder(::open(root.c_str(), kFolderFlags));
    if (!root_folder.is_open()) return system_failure("opening the folder", root);
    if (auto made = create_folder(root_folder.get(), object.bucket); !made) {
        return std::unexpected(made.error());
    }
    auto folder = open_bucket(root, object.bucket);
    if (!folder) return std::unexpected(folder.error());
    auto name = walk(object.key, [&](const std::string& segment) -> Result<void> {
        if (auto made = create_folder(folder->get(), segment); !made) return made;
        auto child = open_folder(folder->get(), segment);
        if (!child && child.error().code == ErrorCode::not_found) {
            return fail(
                ErrorCode::invalid_input,
                fmt::format("'{}' cannot be stored: '{}' is not a folder.", object.key, segment));
        }
        if (!child) return std::unexpected(child.error());
        folder = std::move(child);
        return {};
    });
    if (!name) return std::unexpected(name.error());
    return FileLocation{std::move(*folder), std::move(*name)};
}

}  // namespace tributary::object_store
