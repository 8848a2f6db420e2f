#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "http/refusal.h"

namespace tributary::http {

/// Undoes one Content-Encoding, piece by piece. The output may be far larger than the input:
/// whoever takes it sets the limit.
class BodyDecoder {
public:
    using Target = std::function<OrRefusal<void>(std::string_view)>;

    virtual ~BodyDecoder() = default;
    /// Hands what `piece` decodes to to `target`, in pieces of at most 64 KiB, and stops at its
    /// first refusal. 400 where the data is damaged.
    virtual OrRefusal<void> decode(std::string_view piece, const Target& target) = 0;
    /// The input has ended. 400 where it ended too early.
    virtual OrRefusal<void> finish() = 0;
    /// Bytes that the decoder itself holds.
    [[nodiscard]] virtual std::size_t memory() const = 0;
};

/// The decoder of a Content-Encoding header: null where there is nothing to undo, 415 for an
/// encoding that is neither gzip nor zstd, and for more than one.
OrRefusal<std::unique_ptr<BodyDecoder>> make_body_decoder(std::string_view content_encoding);

}  // namespace tributary::http
