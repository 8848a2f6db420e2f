#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "http/server.h"

namespace tributary::gateway {

/// Writes a body to a file in `unfinished_folder` (of the bucket's file system) and, at the end,
/// durably and in one step makes it the object `key` in `bucket_folder`. Nothing is left behind by
/// an upload that breaks off. The file is locked while it is written: that is how the directory
/// store tells it from what a killed process has left.
class Upload final : public http::BodySink {
public:
    Upload(std::filesystem::path bucket_folder, std::filesystem::path unfinished_folder,
           std::string key, std::string unique_name);
    ~Upload() override;
    Upload(const Upload&) = delete;
    Upload& operator=(const Upload&) = delete;

    /// `unavailable` where the disk does not take it.
    Result<void> write(std::string_view piece) override;
    /// `invalid_input` where a file or a symbolic link is in the way of the key's folders.
    Result<void> finish() override;

private:
    Result<void> open();
    Result<void> make_folders(const std::filesystem::path& target) const;

    const std::filesystem::path bucket_folder_;
    const std::string key_;
    const std::filesystem::path unfinished_;
    int file_ = -1;
    bool is_published_ = false;
};

}  // namespace tributary::gateway
