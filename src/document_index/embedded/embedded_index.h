#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "document_index/document_index.h"

namespace tributary::document_index {

struct EmbeddedIndexSettings {
    std::string path;  ///< The database file, `…/index.db`; its folder must exist.
    /// How long a write or a search may wait for the file before it gives up.
    std::chrono::milliseconds write_deadline{std::chrono::seconds(5)};
    /// Writes are refused while the file system has less than this left.
    std::uint64_t free_space_reserve_bytes = std::uint64_t{128} << 20;
    /// Bounds what waits in one writer; what does not fit is `retry_later` at once.
    std::size_t max_queued_documents = 20'000;
    /// Per index the fields that hold values (`data.total`, dots between names). A document with an
    /// object there is `Rejected`, as a mapping would have it. `id`, `@timestamp` and the parts of
    /// `pipeline` and `kafka` are value fields of every index.
    std::map<std::string, std::vector<std::string>> value_fields;
};

/// The document index in one SQLite file: WAL, `synchronous=FULL`, full text by FTS5. Any number
/// of processes may share the file.
class EmbeddedIndex {
public:
    /// Creates the file or opens it. `invalid_input` when a newer version of Tributary wrote it,
    /// `corrupt_data` when it is no index, `unavailable` when it cannot be reached.
    static Result<std::unique_ptr<EmbeddedIndex>> open(EmbeddedIndexSettings settings);

    /// Both stand on their own and may outlive this object.
    std::unique_ptr<Writer> make_writer();
    std::unique_ptr<Searcher> make_searcher();

private:
    explicit EmbeddedIndex(EmbeddedIndexSettings settings) : settings_(std::move(settings)) {}

    EmbeddedIndexSettings settings_;
};

}  // namespace tributary::document_index
