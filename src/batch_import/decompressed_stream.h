#pragma once

#include <memory>

#include "object_store/object_store.h"

namespace tributary::batch_import {

/// Reads an object's content, inflating it where it is gzip (told by its first bytes), several
/// members after another too. Owns the object's stream. One thread.
class DecompressedStream {
public:
    enum class Compression { none, gzip };

    /// Reads the first bytes. `is_named_gzip`: something else than gzip is then damage.
    static Result<std::unique_ptr<DecompressedStream>> open(
        std::unique_ptr<object_store::ObjectStream> stream, bool is_named_gzip);
    /// A plain stream, possibly opened in its middle.
    static std::unique_ptr<DecompressedStream> plain(
        std::unique_ptr<object_store::ObjectStream> stream);

    DecompressedStream() = default;
    DecompressedStream(const DecompressedStream&) = delete;
    DecompressedStream& operator=(const DecompressedStream&) = delete;
    virtual ~DecompressedStream() = default;

    /// Up to `capacity` bytes; 0 at the end. `corrupt_data` with the byte of the compressed object
    /// where it is damaged or cut off, after all that could be inflated; else the stream's errors.
    virtual Result<std::size_t> read(char* buffer, std::size_t capacity) = 0;
    [[nodiscard]] virtual Compression compression() const = 0;
    [[nodiscard]] virtual const object_store::ObjectInfo& info() const = 0;
};

}  // namespace tributary::batch_import
