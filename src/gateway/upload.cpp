#include "gateway/upload.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace tributary::gateway {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> cannot_store(const std::string& key, std::string_view what, int error) {
    return fail(ErrorCode::unavailable, fmt::format("The object {} was not stored: {} failed: {}.",
                                                    key, what, std::strerror(error)));
}

bool sync_folder(const fs::path& folder) {
    const int fd = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return false;
    const bool is_synced = ::fsync(fd) == 0;
    ::close(fd);
    return is_synced;
}

}  // namespace

Upload::Upload(fs::path bucket_folder, fs::path unfinished_folder, std::string key,
               std::string unique_name)
    : bucket_folder_(std::move(bucket_folder)),
      key_(std::move(key)),
      unfinished_(unfinished_folder / ("upload-" + unique_name)) {
}

Upload::~Upload() {
    if (file_ < 0) return;
    if (!is_published_) ::unlink(unfinished_.c_str());
    ::close(file_);
}

Result<void> Upload::open() {
    if (file_ >= 0) return {};
    std::error_code error;
    fs::create_directories(unfinished_.parent_path(), error);
    // Whoever starts a store removes what nobody has locked, this file too until it is.
    for (bool has_name = false; !has_name;) {
        file_ = ::open(unfinished_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (file_ < 0) return cannot_store(key_, "creating a file", errno);
        if (::flock(file_, LOCK_EX) != 0) return cannot_store(key_, "locking it", errno);
        struct stat status{};
        if (::fstat(file_, &status) != 0) return cannot_store(key_, "looking at it", errno);
        has_name = status.st_nlink > 0;
        if (!has_name) ::close(std::exchange(file_, -1));
    }
    return {};
}

Result<void> Upload::write(std::string_view piece) {
    if (auto opened = open(); !opened) return opened;
    while (!piece.empty()) {
        const ssize_t written = ::write(file_, piece.data(), piece.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return cannot_store(key_, "writing", errno);
        piece.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
}

Result<void> Upload::finish() {
    if (auto opened = open(); !opened) return opened;  // An empty object.
    if (::fsync(file_) != 0) return cannot_store(key_, "syncing", errno);
    const fs::path target = bucket_folder_ / key_;
    if (auto made = make_folders(target); !made) return made;
    if (::rename(unfinished_.c_str(), target.c_str()) != 0) {
        if (errno != EISDIR && errno != ENAMETOOLONG) return cannot_store(key_, "naming it", errno);
        return fail(ErrorCode::invalid_input,
                    fmt::format("The object {} cannot be stored: that is a folder's name, or too "
                                "long for this file system.",
                                key_));
    }
    is_published_ = true;
    for (fs::path folder = target.parent_path();; folder = folder.parent_path()) {
        if (!sync_folder(folder)) return cannot_store(key_, "syncing its folder", errno);
        if (folder == bucket_folder_ || !folder.has_relative_path()) return {};
    }
}

Result<void> Upload::make_folders(const fs::path& target) const {
    std::error_code error;
    fs::create_directories(target.parent_path(), error);
    const fs::path real = error ? fs::path() : fs::canonical(target.parent_path(), error);
    const fs::path wanted = fs::canonical(bucket_folder_, error) / fs::path(key_).parent_path();
    // With a trailing slash where the key has no folder.
    const bool is_inside =
        !error && (real / "").lexically_normal() == (wanted / "").lexically_normal();
    if (is_inside) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("The object {} cannot be stored: a file or a symbolic link is in the "
                            "way of its folder{}{}.",
                            key_, error ? ": " : "", error ? error.message() : ""));
}

}  // namespace tributary::gateway
