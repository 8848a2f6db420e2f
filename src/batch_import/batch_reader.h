#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "batch_import/batch.h"
#include "batch_import/decompressed_stream.h"
#include "batch_import/item_scanner.h"
#include "batch_import/progress.h"
#include "event/decoder.h"
#include "object_store/object_store.h"

namespace tributary::batch_import {

struct BatchLimits {
    std::size_t max_item_bytes = std::size_t{1} << 20;
    std::size_t max_batch_bytes = std::size_t{1} << 20;
    std::size_t max_batch_items = 5'000;
};

/// Which object, and what its items are.
struct FileSource {
    object_store::ObjectId object;
    std::string version;
    const event::EntityType* type;
};

/// Reads a file from `from` on, and makes batches of events and rejects out of it. One thread.
class BatchReader {
public:
    /// `stream` gives the (decompressed) bytes that begin at `from`. The decoder must outlive this.
    BatchReader(FileSource source, std::unique_ptr<DecompressedStream> stream,
                const ScanPosition& from, event::Decoder& decoder, Timestamp now,
                BatchLimits limits);

    /// The next batch: full, or the last one. May be empty at the end. The stream's errors, except
    /// that damage is not one: it is the reason of the rest. Its events belong to the trace of
    /// `traceparent`, unless they bring one of their own.
    Result<Batch> read(std::string traceparent);
    /// The batch that was read last was the file's last one.
    [[nodiscard]] bool is_at_end() const { return scanner_.is_done(); }
    /// Where the file broke, once that was noticed.
    [[nodiscard]] const std::optional<Damage>& damage() const { return damage_; }

private:
    Result<void> fill();
    void add(Batch& batch, const ScannedItem& item);
    [[nodiscard]] receipt::Problem problem_of_borders(const ScannedItem& item) const;
    [[nodiscard]] bool is_full(const Batch& batch, std::size_t event_bytes) const;

    FileSource source_;
    std::unique_ptr<DecompressedStream> stream_;
    ItemScanner scanner_;
    event::Decoder& decoder_;
    event::Envelope envelope_;
    BatchLimits limits_;
    std::optional<Damage> damage_;
};

}  // namespace tributary::batch_import
