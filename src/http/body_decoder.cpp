#include "http/body_decoder.h"

#include <array>
#include <fmt/format.h>
#include <memory>
#include <zlib.h>
#include <zstd.h>

#include "http/text.h"

namespace tributary::http {

namespace {

constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;
constexpr int kGzipOnly = 16 + MAX_WBITS;
constexpr std::size_t kInflateMemory = std::size_t{44} * 1024;
constexpr int kZstdMaxWindowLog = 23;  ///< 8 MiB, what RFC 8878 asks every decoder to support.

std::unexpected<Refusal> damaged(std::string_view encoding, std::string_view reason) {
    return refuse(400, fmt::format("The body says Content-Encoding: {} but cannot be decoded ({}).",
                                   encoding, reason));
}

/// One or more gzip members, one behind the other.
class GzipDecoder final : public BodyDecoder {
public:
    GzipDecoder() {
        if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc();
    }
    GzipDecoder(const GzipDecoder&) = delete;
    GzipDecoder& operator=(const GzipDecoder&) = delete;
    ~GzipDecoder() override { inflateEnd(&stream_); }

    OrRefusal<void> decode(std::string_view piece, const Target& target) override {
        // zlib's pointer is not const, but inflate only reads.
        stream_.next_in = const_cast<Bytef*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
            reinterpret_cast<const Bytef*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        bool may_have_more = true;
        while (stream_.avail_in > 0 || may_have_more) {
            if (is_between_members_ && stream_.avail_in == 0) break;
            stream_.next_out = reinterpret_cast<Bytef*>(output_.data());
            stream_.avail_out = static_cast<uInt>(output_.size());
            const int outcome = inflate(&stream_, Z_NO_FLUSH);
            if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR) {
                return damaged("gzip", stream_.msg != nullptr ? stream_.msg : zError(outcome));
            }
            is_between_members_ = outcome == Z_STREAM_END;
            if (is_between_members_) inflateReset(&stream_);
            may_have_more = stream_.avail_out == 0;
            const std::size_t produced = output_.size() - stream_.avail_out;
            if (produced == 0) continue;
            if (auto taken = target({output_.data(), produced}); !taken) return taken;
        }
        return {};
    }

    OrRefusal<void> finish() override {
        if (!is_between_members_) return damaged("gzip", "it ends in the middle");
        return {};
    }

    [[nodiscard]] std::size_t memory() const override { return kInflateMemory + sizeof output_; }

private:
    z_stream stream_{};
    bool is_between_members_ = false;
    std::array<char, kPieceBytes> output_;
};

/// One or more zstd frames, one behind the other.
class ZstdDecoder final : public BodyDecoder {
public:
    ZstdDecoder() : context_(ZSTD_createDCtx()) {
        if (!context_) throw std::bad_alloc();
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdMaxWindowLog);
    }

    OrRefusal<void> decode(std::string_view piece, const Target& target) override {
        ZSTD_inBuffer input{piece.data(), piece.size(), 0};
        bool may_have_more = true;
        while (input.pos < input.size || may_have_more) {
            ZSTD_outBuffer output{output_.data(), output_.size(), 0};
            const std::size_t hint = ZSTD_decompressStream(context_.get(), &output, &input);
            if (ZSTD_isError(hint) != 0) return damaged("zstd", ZSTD_getErrorName(hint));
            is_between_frames_ = hint == 0;
            may_have_more = output.pos == output.size && !is_between_frames_;
            if (output.pos == 0) continue;
            if (auto taken = target({output_.data(), output.pos}); !taken) return taken;
        }
        return {};
    }

    OrRefusal<void> finish() override {
        if (!is_between_frames_) return damaged("zstd", "it ends in the middle");
        return {};
    }

    [[nodiscard]] std::size_t memory() const override {
        return ZSTD_sizeof_DCtx(context_.get()) + sizeof output_;
    }

private:
    struct Free {
        void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    };
    std::unique_ptr<ZSTD_DCtx, Free> context_;
    bool is_between_frames_ = false;
    std::array<char, kPieceBytes> output_;
};

}  // namespace

OrRefusal<std::unique_ptr<BodyDecoder>> make_body_decoder(std::string_view content_encoding) {
    if (content_encoding.empty() || equals_without_case(content_encoding, "identity")) {
        return nullptr;
    }
    if (equals_without_case(content_encoding, "gzip") ||
        equals_without_case(content_encoding, "x-gzip")) {
        return std::make_unique<GzipDecoder>();
    }
    if (equals_without_case(content_encoding, "zstd")) return std::make_unique<ZstdDecoder>();
    return refuse(415, fmt::format("Content-Encoding '{}' is not supported; send the body plain, "
                                   "or encoded once with gzip or zstd.",
                                   content_encoding));
}

}  // namespace tributary::http
