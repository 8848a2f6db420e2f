#include "object_store/s3/s3_stream.h"

#include <algorithm>
#include <cstring>

namespace tributary::object_store {
namespace {

constexpr std::uint64_t kFirstRange = std::uint64_t{1} << 20;
constexpr std::uint64_t kLargestRange = std::uint64_t{8} << 20;

}  // namespace

Result<std::size_t> S3Stream::read(char* buffer, std::size_t capacity) {
    if (consumed_ == range_.size()) {
        if (offset_ == info_.size || capacity == 0) return 0;
        if (auto fetched = fetch(); !fetched) return std::unexpected(fetched.error());
    }
    const std::size_t count = std::min(capacity, range_.size() - consumed_);
    std::memcpy(buffer, range_.data() + consumed_, count);
    consumed_ += count;
    return count;
}

/// A part of a range is as good as all of it: the next one begins behind it.
Result<void> S3Stream::fetch() {
    range_bytes_ = std::clamp(range_bytes_ * 2, kFirstRange, kLargestRange);
    const std::uint64_t size = std::min(range_bytes_, info_.size - offset_);
    range_.clear();
    range_.reserve(size);
    consumed_ = 0;
    for (int attempts = 1;; ++attempts) {
        auto got = requests_.get_once(object_, pin_, offset_, offset_ + size - 1, range_);
        offset_ += range_.size();
        if (!range_.empty()) return {};
        if (got) got = fail(ErrorCode::retry_later, "S3 answered a range with no bytes at all.");
        if (got.error().code != ErrorCode::retry_later) return got;
        if (!requests_.client().backs_off(attempts)) {
            return fail(ErrorCode::unavailable, got.error().message);
        }
    }
}

}  // namespace tributary::object_store
