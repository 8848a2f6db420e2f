#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/uuid.h"
#include "event/decoder.h"

namespace tributary::ingest {

/// Lends decoders, which keep their parser's memory, to whichever thread decodes: there are as many
/// as were ever needed at once. Thread-safe.
class DecoderPool {
public:
    /// `catalog` and `clock` must outlive the pool.
    DecoderPool(const event::Catalog& catalog, event::Decoder::Limits limits, const Clock& clock)
        : catalog_(catalog), limits_(limits), ids_(clock) {}

    std::expected<event::Decoded, event::Rejection> decode(std::string_view body,
                                                           const event::Envelope& envelope) {
        auto decoder = take();
        auto decoded = decoder->decode(body, envelope);
        const std::scoped_lock lock(mutex_);
        idle_.push_back(std::move(decoder));
        return decoded;
    }

private:
    std::unique_ptr<event::Decoder> take() {
        const std::scoped_lock lock(mutex_);
        if (idle_.empty()) return std::make_unique<event::Decoder>(catalog_, ids_, limits_);
        auto decoder = std::move(idle_.back());
        idle_.pop_back();
        return decoder;
    }

    const event::Catalog& catalog_;
    const event::Decoder::Limits limits_;
    UuidV7 ids_;
    std::mutex mutex_;
    std::vector<std::unique_ptr<event::Decoder>> idle_;
};

}  // namespace tributary::ingest
