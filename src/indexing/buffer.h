#pragma once

#include <cstddef>
#include <utility>

namespace tributary::indexing {

/// What the Consumer holds in memory. One thread.
struct BufferUsage {
    std::size_t records = 0;
    std::size_t bytes = 0;
};

/// One record's share of it, given back when the record is let go, on whatever way it ends.
class BufferShare {
public:
    BufferShare() = default;
    /// `usage` must outlive the share.
    BufferShare(BufferUsage& usage, std::size_t bytes) : usage_(&usage), bytes_(bytes) {
        ++usage.records;
        usage.bytes += bytes;
    }
    BufferShare(BufferShare&& other) noexcept
        : usage_(std::exchange(other.usage_, nullptr)), bytes_(other.bytes_) {}
    BufferShare& operator=(BufferShare&& other) noexcept {
        std::swap(usage_, other.usage_);
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    BufferShare(const BufferShare&) = delete;
    BufferShare& operator=(const BufferShare&) = delete;
    ~BufferShare() {
        if (!usage_) return;
        --usage_->records;
        usage_->bytes -= bytes_;
    }

private:
    BufferUsage* usage_ = nullptr;
    std::size_t bytes_ = 0;
};

}  // namespace tributary::indexing
