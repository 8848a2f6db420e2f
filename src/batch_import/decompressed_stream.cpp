#include "batch_import/decompressed_stream.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>
#include <zlib.h>

namespace tributary::batch_import {
namespace {

using object_store::ObjectInfo;
using object_store::ObjectStream;

constexpr std::size_t kInputBytes = 64 * 1024;
constexpr int kGzipOnly = 15 + 16;  // zlib's largest window, and a gzip header.

bool is_gzip_magic(std::string_view bytes) {
    return bytes.starts_with("\x1f\x8b");
}

/// Bytes as they come, the first ones from `begin`.
class PlainStream final : public DecompressedStream {
public:
    PlainStream(std::unique_ptr<ObjectStream> stream, std::vector<char> begin)
        : stream_(std::move(stream)), begin_(std::move(begin)) {}

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        if (used_ == begin_.size()) return stream_->read(buffer, capacity);
        const std::size_t size = std::min(capacity, begin_.size() - used_);
        std::memcpy(buffer, begin_.data() + used_, size);
        used_ += size;
        return size;
    }
    [[nodiscard]] Compression compression() const override { return Compression::none; }
    [[nodiscard]] const ObjectInfo& info() const override { return stream_->info(); }

private:
    std::unique_ptr<ObjectStream> stream_;
    std::vector<char> begin_;
    std::size_t used_ = 0;
};

class GzipStream final : public DecompressedStream {
public:
    GzipStream(std::unique_ptr<ObjectStream> stream, std::vector<char> begin)
        : stream_(std::move(stream)), input_(std::move(begin)) {
        zlib_.avail_in = static_cast<uInt>(input_.size());
        input_.resize(kInputBytes);
        zlib_.next_in = input();
        is_ready_ = inflateInit2(&zlib_, kGzipOnly) == Z_OK;
    }
    ~GzipStream() override {
        if (is_ready_) inflateEnd(&zlib_);
    }

    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        if (!is_ready_) return fail(ErrorCode::internal, "zlib could not be set up.");
        capacity = std::min<std::size_t>(capacity, 1 << 30);
        zlib_.next_out = reinterpret_cast<Bytef*>(buffer);
        zlib_.avail_out = static_cast<uInt>(capacity);
        while (zlib_.avail_out == capacity && !is_finished_ && !failure_) {
            if (auto filled = fill(); !filled) {
                failure_ = std::move(filled.error());
            } else {
                inflate_some();
            }
        }
        const std::size_t size = capacity - zlib_.avail_out;
        if (size == 0 && failure_) return std::unexpected(*failure_);
        return size;
    }
    [[nodiscard]] Compression compression() const override { return Compression::gzip; }
    [[nodiscard]] const ObjectInfo& info() const override { return stream_->info(); }

private:
    Bytef* input() { return reinterpret_cast<Bytef*>(input_.data()); }
    [[nodiscard]] std::uint64_t position() const { return read_ - zlib_.avail_in; }

    Result<void> fill() {
        if (zlib_.avail_in > 0) return {};
        const auto size = stream_->read(input_.data(), input_.size());
        if (!size) return std::unexpected(size.error());
        read_ += *size;
        zlib_.next_in = input();
        zlib_.avail_in = static_cast<uInt>(*size);
        return {};
    }

    void inflate_some() {
        if (is_between_members_) {
            begin_member();
            return;
        }
        if (zlib_.avail_in == 0) {
            damage("is cut off: it ends inside a gzip member");
            return;
        }
        const int outcome = inflate(&zlib_, Z_NO_FLUSH);
        if (outcome == Z_STREAM_END) {
            is_between_members_ = true;
        } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
            damage(zlib_.msg != nullptr ? fmt::format("is damaged ({})", zlib_.msg) : "is damaged");
        }
    }

    /// Behind a member: another one, zeros as tapes have them, or the end.
    void begin_member() {
        if (zlib_.avail_in == 0) {
            is_finished_ = true;
        } else if (*zlib_.next_in == 0) {
            ++zlib_.next_in;
            --zlib_.avail_in;
        } else if (*zlib_.next_in == 0x1f) {
            inflateReset(&zlib_);
            is_between_members_ = false;
        } else {
            damage("goes on with something else than gzip");
        }
    }

    void damage(std::string_view what) {
        failure_ = Error(ErrorCode::corrupt_data,
                         fmt::format("The gzip file {} at byte {} of its {} compressed bytes. "
                                     "Upload it again.",
                                     what, position(), info().size));
    }

    std::unique_ptr<ObjectStream> stream_;
    std::vector<char> input_;
    std::uint64_t read_ = input_.size();
    z_stream zlib_{};
    bool is_ready_ = false;
    bool is_between_members_ = false;
    bool is_finished_ = false;
    std::optional<Error> failure_;
};

/// A file that claims to be gzip and is not.
class NotGzipStream final : public DecompressedStream {
public:
    explicit NotGzipStream(ObjectInfo info) : info_(std::move(info)) {}
    Result<std::size_t> read(char*, std::size_t) override {
        return fail(ErrorCode::corrupt_data,
                    "The file's name ends in .gz, but it does not begin like gzip at byte 0. "
                    "Compress it, or name it without .gz, and upload it again.");
    }
    [[nodiscard]] Compression compression() const override { return Compression::gzip; }
    [[nodiscard]] const ObjectInfo& info() const override { return info_; }

private:
    ObjectInfo info_;
};

}  // namespace

Result<std::unique_ptr<DecompressedStream>> DecompressedStream::open(
    std::unique_ptr<ObjectStream> stream, bool is_named_gzip) {
    std::vector<char> begin(kInputBytes);
    std::size_t size = 0;
    while (size < 2) {
        const auto piece = stream->read(begin.data() + size, begin.size() - size);
        if (!piece) return std::unexpected(piece.error());
        if (*piece == 0) break;
        size += *piece;
    }
    begin.resize(size);
    if (is_gzip_magic(std::string_view(begin.data(), size))) {
        return std::make_unique<GzipStream>(std::move(stream), std::move(begin));
    }
    if (is_named_gzip && size > 0) return std::make_unique<NotGzipStream>(stream->info());
    return std::make_unique<PlainStream>(std::move(stream), std::move(begin));
}

std::unique_ptr<DecompressedStream> DecompressedStream::plain(
    std::unique_ptr<ObjectStream> stream) {
    return std::make_unique<PlainStream>(std::move(stream), std::vector<char>());
}

}  // namespace tributary::batch_import
