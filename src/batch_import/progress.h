#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "batch_import/decompressed_stream.h"
#include "batch_import/item_scanner.h"

namespace tributary::batch_import {

/// Where a run is, complete in itself: a later run that begins from here writes the same results as
/// one that was never interrupted. Rejects that do not fill a part yet are therefore in it.
struct Progress {
    ScanPosition position;
    DecompressedStream::Compression compression = DecompressedStream::Compression::none;
    std::uint64_t accepted = 0;
    std::uint64_t rejected = 0;
    std::vector<std::string> parts;  ///< Keys of the parts that are stored.
    std::string open_part;           ///< Lines of the next part.
    std::uint64_t open_part_item = 0;

    [[nodiscard]] std::uint64_t read() const { return accepted + rejected; }
};

/// The checkpoint's JSON.
std::string checkpoint_of(const Progress& progress);
/// Reads a checkpoint back. `corrupt_data` where it is none: begin anew, the ids are the same.
/// `conflict` where a newer program wrote it.
Result<Progress> parse_checkpoint(std::string_view json);

/// How a run over one version of an object ended for good.
enum class Ending {
    complete,  ///< Every item is accepted or rejected.
    broken,    ///< The same, but the file's end could not be told apart: see `Damage`.
    refused,   ///< Its name does not tell one type; nothing was read.
    replaced,  ///< The object was replaced or deleted meanwhile; what was read until then counts.
};

/// Where a file broke.
struct Damage {
    std::uint64_t byte = 0;  ///< Of the decompressed file.
    std::string detail;
};

/// What is reported about one version of an object.
struct Report {
    std::string bucket;
    std::string key;
    std::string version;
    std::string type;  ///< Empty where it was refused.
    Ending ending = Ending::complete;
    std::string detail;  ///< A sentence for people; empty where there is nothing to say.
    std::optional<Damage> damage;
};

/// The report's JSON. No times in it: it depends on the object alone, so rewriting is harmless.
std::string report_json(const Report& report, const Progress& progress);
/// Only what a later run wants to know of an earlier one's report: whether it is final.
bool is_final_report(std::string_view json);

}  // namespace tributary::batch_import
