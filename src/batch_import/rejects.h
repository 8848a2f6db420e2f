#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "batch_import/progress.h"
#include "object_store/object_store.h"
#include "receipt/receipt.h"

namespace tributary::batch_import {

/// An item that did not become an event, as `rejected/` shows it.
struct Reject {
    std::uint64_t index = 0;
    std::uint64_t byte = 0;
    std::uint64_t size = 0;
    std::string_view text;  ///< The item's bytes, or the beginning of them.
    receipt::Problem problem;
};

/// How much of an item a reject shows; all of it can be found by byte and size.
inline constexpr std::size_t kMaxRejectTextBytes = 64 * 1024;

/// The reject as one line of JSON with its line end, valid whatever the item's bytes are.
std::string line_of(const Reject& reject);

/// Collects the rejects of one version of an object in parts of bounded size, each named by its
/// first item. Where the parts are cut depends on the rejects alone, not on when a run pauses: what
/// does not fill a part stays in the progress, and so in the checkpoint.
class RejectedParts {
public:
    /// `prefix` ends in a slash. Everything must outlive this object.
    RejectedParts(object_store::ObjectStore& store, std::string bucket, std::string prefix,
                  std::size_t max_part_bytes, Progress& progress);

    /// Rejects come in the order of their items. Fails where a full part could not be stored.
    Result<void> add(const Reject& reject);
    /// Stores the last part, if there is one. Call at the file's end.
    Result<void> finish();

private:
    object_store::ObjectStore& store_;
    std::string bucket_;
    std::string prefix_;
    std::size_t max_part_bytes_;
    Progress& progress_;
};

}  // namespace tributary::batch_import
