#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "object_store/object_store.h"
#include "object_store/s3/s3_requests.h"

namespace tributary::object_store {

/// Reads one version in ranges that begin small and grow, so that a small file costs one small
/// request, and a large one few.
class S3Stream final : public ObjectStream {
public:
    /// `requests` must outlive the stream. Nothing is asked before the first read.
    S3Stream(S3Requests& requests, ObjectId object, S3ObjectHead head, std::uint64_t offset)
        : requests_(requests),
          object_(std::move(object)),
          pin_(std::move(head.pin)),
          info_{pin_.version(), head.size},
          offset_(offset) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override;
    [[nodiscard]] const ObjectInfo& info() const override { return info_; }

private:
    Result<void> fetch();

    S3Requests& requests_;
    const ObjectId object_;
    const S3Pin pin_;
    const ObjectInfo info_;
    std::uint64_t offset_;  ///< Of the next byte that is asked for.
    std::uint64_t range_bytes_ = 0;
    std::string range_;         ///< What came of the last range.
    std::size_t consumed_ = 0;  ///< Of it.
};

}  // namespace tributary::object_store
