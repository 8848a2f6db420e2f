#include "object_store/directory/folder_entries.h"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <string_view>
#include <sys/stat.h>

#include "object_store/directory/object_path.h"

namespace tributary::object_store {
namespace {

struct CloseFolder {
    void operator()(DIR* folder) const { ::closedir(folder); }
};

unsigned char type_of(int folder, const dirent& entry) {
    if (entry.d_type != DT_UNKNOWN) return entry.d_type;
    struct stat status{};
    if (::fstatat(folder, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) != 0) return DT_UNKNOWN;
    return static_cast<unsigned char>(IFTODT(status.st_mode));
}

std::string sort_key(const FolderEntry& entry) {
    return entry.is_folder ? entry.name + '/' : entry.name;
}

}  // namespace

Result<std::vector<FolderEntry>> folder_entries(const FileDescriptor& folder) {
    // A descriptor of its own: fdopendir takes it over, and duplicates would share the position.
    const int number = ::openat(folder.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    std::unique_ptr<DIR, CloseFolder> reader(number >= 0 ? ::fdopendir(number) : nullptr);
    if (!reader) return system_failure("listing the folder", ".");

    std::vector<FolderEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(reader.get())) {
        const std::string_view name = entry->d_name;
        const auto type = type_of(folder.get(), *entry);
        if (name != "." && name != ".." && (type == DT_REG || type == DT_DIR)) {
            entries.emplace_back(std::string(name), type == DT_DIR);
        }
        errno = 0;
    }
    if (errno != 0) return system_failure("listing the folder", ".");
    std::ranges::sort(entries, {}, sort_key);
    return entries;
}

}  // namespace tributary::object_store
