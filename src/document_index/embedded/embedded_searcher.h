#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "document_index/document_index.h"
#include "document_index/embedded/embedded_index.h"
#include "sqlite/database.h"

namespace tributary::document_index {

/// Each call reads from one snapshot, on a connection that no other call uses meanwhile. As many
/// connections are kept as calls ran at once.
class EmbeddedSearcher final : public Searcher {
public:
    explicit EmbeddedSearcher(EmbeddedIndexSettings settings) : settings_(std::move(settings)) {}

    Result<Page> search(const Query& query) override;
    Result<Hit> get(const std::string& index, const std::string& id) override;
    Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string& index, const std::string& topic,
        const std::map<std::int32_t, std::int64_t>& offset_below) override;
    Result<std::string> engine() override;

private:
    /// Calls `read` within a read transaction.
    template <class T, class Read>
    Result<T> in_snapshot(Read read);
    Result<sqlite::Database> take_connection();
    void give_back(sqlite::Database connection);

    const EmbeddedIndexSettings settings_;
    std::mutex mutex_;
    std::vector<sqlite::Database> idle_;
};

}  // namespace tributary::document_index
