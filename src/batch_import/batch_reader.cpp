#include "batch_import/batch_reader.h"

#include <fmt/format.h>
#include <utility>

#include "batch_import/rejects.h"

namespace tributary::batch_import {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

event::Envelope envelope_of(const FileSource& source, Timestamp now) {
    event::Envelope envelope;
    envelope.source = "s3://" + source.object.bucket + "/" + source.object.key;
    envelope.expected_type = source.type;
    envelope.now = now;
    return envelope;
}

}  // namespace

BatchReader::BatchReader(FileSource source, std::unique_ptr<DecompressedStream> stream,
                         const ScanPosition& from, event::Decoder& decoder, Timestamp now,
                         BatchLimits limits)
    : source_(std::move(source)),
      stream_(std::move(stream)),
      scanner_(limits.max_item_bytes, from),
      decoder_(decoder),
      envelope_(envelope_of(source_, now)),
      limits_(limits) {
}

Result<Batch> BatchReader::read(std::string traceparent) {
    Batch batch;
    batch.traceparent = std::move(traceparent);
    envelope_.traceparent = batch.traceparent;
    std::size_t event_bytes = 0;
    while (!is_full(batch, event_bytes) && !scanner_.is_done()) {
        const auto item = scanner_.next();
        if (!item) {
            if (scanner_.is_done()) break;
            if (auto filled = fill(); !filled) return std::unexpected(filled.error());
            continue;
        }
        add(batch, *item);
        if (!batch.items.back().problem) event_bytes += batch.events.back().json.size();
    }
    batch.behind = scanner_.position();
    return batch;
}

Result<void> BatchReader::fill() {
    const std::span<char> room = scanner_.room(kPieceBytes);
    const auto size = stream_->read(room.data(), room.size());
    if (size && *size > 0) {
        scanner_.add(*size);
    } else if (size) {
        scanner_.end();
    } else if (size.error().code == ErrorCode::corrupt_data) {
        scanner_.end(size.error().message);
    } else {
        return std::unexpected(size.error());
    }
    return {};
}

bool BatchReader::is_full(const Batch& batch, std::size_t event_bytes) const {
    return batch.items.size() >= limits_.max_batch_items ||
           event_bytes >= limits_.max_batch_bytes || batch.text.size() >= limits_.max_batch_bytes;
}

void BatchReader::add(Batch& batch, const ScannedItem& scanned) {
    Batch::Item item;
    item.index = scanned.index;
    item.byte = scanned.byte;
    item.size = scanned.size;
    const std::string_view kept = scanned.text.substr(0, kMaxRejectTextBytes);
    item.text_begin = batch.text.size();
    item.text_size = kept.size();
    batch.text += kept;
    if (scanned.kind == ScannedItem::Kind::complete && !scanned.text.empty()) {
        const std::string id = event::file_item_id(source_.object.bucket, source_.object.key,
                                                   source_.version, scanned.index);
        auto decoded = decoder_.decode_item(scanned.text, envelope_, id);
        if (decoded) {
            batch.events.push_back(std::move(*decoded));
        } else {
            item.problem = receipt::problem_of(decoded.error());
        }
    } else {
        item.problem = problem_of_borders(scanned);
    }
    if (scanned.kind == ScannedItem::Kind::rest) {
        damage_ = Damage{scanned.damage_byte, std::string(scanned.reason)};
    }
    batch.items.push_back(std::move(item));
}

receipt::Problem BatchReader::problem_of_borders(const ScannedItem& item) const {
    receipt::Problem problem;
    if (item.kind == ScannedItem::Kind::too_large) {
        problem.status = 413;
        problem.type = "/problems/item-too-large";
        problem.title = "The item is too large";
        problem.detail = fmt::format(
            "The item has {} bytes, from byte {} on; at most {} are allowed (MAX_ITEM_BYTES). A "
            "missing quote before it can make it look like that.",
            item.size, item.byte, limits_.max_item_bytes);
    } else if (item.kind == ScannedItem::Kind::rest) {
        problem.status = 400;
        problem.type = "/problems/file-broken";
        problem.title = "The rest of the file cannot be told apart";
        problem.detail = fmt::format("Bytes {} to {} were not read. At byte {}: {}", item.byte,
                                     item.byte + item.size, item.damage_byte, item.reason);
    } else {
        problem.status = 400;
        problem.type = "/problems/malformed";
        problem.title = "The item is empty";
        problem.detail =
            fmt::format("Nothing stands between the commas before byte {}; an item was expected.",
                        item.byte + item.size + 1);
    }
    return problem;
}

}  // namespace tributary::batch_import
