#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/clock.h"
#include "base/uuid.h"
#include "http/server.h"
#include "object_store/object_store.h"

namespace tributary::gateway {

struct BucketSettings {
    std::string name = "bucket";
    std::filesystem::path folder;             ///< Where the store keeps this bucket.
    std::filesystem::path unfinished_folder;  ///< The store's own for files being written.
    std::uint64_t max_object_bytes = std::uint64_t{5} << 30;     ///< Of one PUT, as S3's.
    std::uint64_t max_download_bytes = std::uint64_t{10} << 20;  ///< Answers are buffered.
};

/// `/bucket/<key>`: PUT stores an object of any size (200 with ETag; only then it exists), GET and
/// HEAD return one. It triggers nothing itself: the BucketWatcher sees every new file, ours too.
/// Keys of results can be read, not written (403).
class BucketRoute final : public http::Handler {
public:
    /// `store` and `clock` must outlive every request.
    BucketRoute(BucketSettings settings, object_store::ObjectStore& store, const Clock& clock);

    http::BodyPolicy on_head(const http::Request& head) override;
    void handle(http::Request request, http::Responder responder) override;

private:
    [[nodiscard]] http::Response answer_put(const std::string& key);
    [[nodiscard]] http::Response answer_get(const std::string& key);

    const BucketSettings settings_;
    object_store::ObjectStore& store_;
    UuidV7 ids_;
};

}  // namespace tributary::gateway
