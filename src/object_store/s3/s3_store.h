#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "object_store/object_store.h"
#include "object_store/s3/s3_requests.h"

namespace tributary::object_store {

struct S3Settings {
    http::Url endpoint;  ///< Without the bucket.
    S3Addressing addressing = S3Addressing::automatic;
    /// Larger contents are uploaded in parts of this size; 5 MiB at least.
    std::size_t part_bytes = std::size_t{16} << 20;
};

/// Amazon S3. In a bucket that keeps versions `open` with a `version` reads exactly that one, also
/// when there is a newer one by now. What S3 refuses for good (credentials, permissions, a bucket
/// that does not exist) is `unavailable` with S3's reason and what to check.
class S3Store final : public ObjectStore {
public:
    /// `client` signs for the service `s3` and must outlive the store and its streams.
    S3Store(aws::ServiceClient& client, S3Settings settings);

    Result<std::unique_ptr<ObjectStream>> open(const ObjectId& object, const std::string& version,
                                               std::uint64_t offset) override;
    Result<ObjectInfo> head(const ObjectId& object) override;
    Result<void> put(const ObjectId& object, std::string_view content) override;
    Result<void> remove(const ObjectId& object) override;
    Result<void> list(const std::string& bucket, const std::string& prefix,
                      const std::function<bool(const std::string& key)>& each) override;

private:
    S3Requests requests_;
    const std::size_t part_bytes_;
};

}  // namespace tributary::object_store
