#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tributary::sqlite {

/// For tests: the path of a file that does not exist yet, in a folder that goes with this object.
class TemporaryFile {
public:
    TemporaryFile() {
        auto pattern = (std::filesystem::temp_directory_path() / "sqlite.XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) folder_ = pattern;
        path_ = (folder_ / "file.db").string();
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() {
        std::error_code ignored;
        if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
    }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

private:
    std::filesystem::path folder_;
    std::string path_;
};

}  // namespace tributary::sqlite
