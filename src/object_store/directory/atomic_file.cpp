#include "object_store/directory/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <utility>

#include "object_store/directory/folder_entries.h"

namespace tributary::object_store {
namespace {

/// A file in the temporary folder, removed again unless it was published. Its writer holds a lock
/// on it, and that is how a leftover is told from a file that is being written.
class TemporaryFile {
public:
    static Result<TemporaryFile> create(int folder) {
        for (int attempt = 0;; ++attempt) {
            auto name = fmt::format("{}-{}", ::getpid(), attempt);
            FileDescriptor file(
                ::openat(folder, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
            if (!file.is_open()) {
                if (errno == EEXIST) continue;
                return system_failure("creating the temporary file", name);
            }
            struct stat status{};
            const bool is_ours = ::flock(file.get(), LOCK_EX | LOCK_NB) == 0 &&
                                 ::fstat(file.get(), &status) == 0 && status.st_nlink > 0;
            // Otherwise a cleaner took it in the moment before the lock.
            if (is_ours) return TemporaryFile(folder, std::move(name), std::move(file));
        }
    }
    TemporaryFile(TemporaryFile&& other) noexcept
        : folder_(other.folder_),
          name_(std::exchange(other.name_, {})),
          file_(std::move(other.file_)) {}
    TemporaryFile& operator=(TemporaryFile&&) = delete;
    ~TemporaryFile() {
        if (!name_.empty()) ::unlinkat(folder_, name_.c_str(), 0);
    }

    Result<void> write(std::string_view content) {
        while (!content.empty()) {
            const auto written = ::write(file_.get(), content.data(), content.size());
            if (written >= 0) {
                content.remove_prefix(static_cast<std::size_t>(written));
            } else if (errno != EINTR) {
                return system_failure("writing the temporary file", name_);
            }
        }
        if (::fsync(file_.get()) != 0) return system_failure("syncing the temporary file", name_);
        return {};
    }

    Result<void> publish(const FileLocation& target) {
        if (::renameat(folder_, name_.c_str(), target.folder.get(), target.name.c_str()) != 0) {
            if (errno == EISDIR || errno == ENAMETOOLONG) {
                return fail(ErrorCode::invalid_input,
                            fmt::format("'{}' cannot be stored: it is a folder's name, or too long "
                                        "for this file system.",
                                        target.name));
            }
            return system_failure("storing the file", target.name);
        }
        name_.clear();
        if (::fsync(target.folder.get()) != 0) {
            return system_failure("syncing the folder of", target.name);
        }
        return {};
    }

private:
    TemporaryFile(int folder, std::string name, FileDescriptor file)
        : folder_(folder), name_(std::move(name)), file_(std::move(file)) {}

    int folder_;
    std::string name_;
    FileDescriptor file_;
};

}  // namespace

Result<void> write_atomically(int temporary_folder, const FileLocation& target,
                              std::string_view content) {
    auto file = TemporaryFile::create(temporary_folder);
    if (!file) return std::unexpected(file.error());
    if (auto written = file->write(content); !written) return written;
    return file->publish(target);
}

void remove_leftovers(const FileDescriptor& temporary_folder) {
    const auto entries = folder_entries(temporary_folder);
    if (!entries) return;
    for (const auto& entry : *entries) {
        FileDescriptor file(::openat(temporary_folder.get(), entry.name.c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
        if (file.is_open() && ::flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
            ::unlinkat(temporary_folder.get(), entry.name.c_str(), 0);
        }
    }
}

}  // namespace tributary::object_store
