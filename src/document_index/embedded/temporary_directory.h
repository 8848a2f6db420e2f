#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tributary::document_index {

/// A folder of a test's own, removed at the end.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        auto pattern = (std::filesystem::temp_directory_path() / "embedded_index_XXXXXX").string();
        path_ = ::mkdtemp(pattern.data());
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
    [[nodiscard]] std::string file() const { return (path_ / "index.db").string(); }

private:
    std::filesystem::path path_;
};

}  // namespace tributary::document_index
