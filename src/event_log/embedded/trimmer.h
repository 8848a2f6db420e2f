#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "event_log/embedded/embedded_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

/// One run of trimming; see `EmbeddedLog::trim`.
class Trimmer {
public:
    Trimmer(sqlite::Database& database, const EmbeddedLogSettings& settings, Timestamp now)
        : database_(database), settings_(settings), now_(now) {}

    Result<std::uint64_t> run();

private:
    Result<void> forget_expired_groups();
    Result<std::vector<std::int64_t>> trimmable_partitions();
    Result<std::int64_t> passed_by_all_groups(std::int64_t partition_id);
    /// Removes up to one batch of records older than `cutoff`; returns how many.
    Result<std::int64_t> remove_batch(std::int64_t partition_id, Timestamp cutoff);
    Result<std::uint64_t> trim_by_age(const std::vector<std::int64_t>& partitions);
    Result<std::uint64_t> trim_by_size(const std::vector<std::int64_t>& partitions);
    Result<std::uint64_t> used_bytes();
    Result<void> give_back_free_pages();

    sqlite::Database& database_;
    const EmbeddedLogSettings& settings_;
    const Timestamp now_;
};

}  // namespace tributary::event_log
