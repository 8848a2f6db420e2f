#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

struct EmbeddedLogSettings {
    std::string path;             ///< The database file, `…/log.db`; its folder must exist.
    std::int32_t partitions = 1;  ///< For topics made from now on; existing ones keep theirs.

    /// Bounds what waits in one writer; what does not fit is `retry_later` at once.
    std::size_t max_queued_bytes = std::size_t{64} << 20;
    /// Key, value and headers of one record together; larger ones are `invalid_input`. Dead letters
    /// may have 64 KiB more, so that whatever was accepted fits into one.
    std::size_t max_record_bytes = (std::size_t{1} << 20) + (std::size_t{64} << 10);

    /// `trim` removes what is older, and what makes the file hold more bytes than that (0: any
    /// number), once every live group has passed it.
    std::chrono::milliseconds retention{std::chrono::hours(7 * 24)};
    std::uint64_t retention_bytes = 0;
    /// A group holds its records back for this long after its last sign of life.
    std::chrono::milliseconds group_expiry{std::chrono::hours(7 * 24)};

    /// Records are refused with `retry_later` while the file system has less than this left, so
    /// that trimming and commits of offsets always have room.
    std::uint64_t free_space_reserve_bytes = std::uint64_t{256} << 20;
    /// Bytes left for the file; empty: asks the file system. May be called from any thread.
    std::function<std::uint64_t()> free_space;

    /// How long an operation may wait for other users of the file before it gives up.
    std::chrono::milliseconds write_deadline{std::chrono::seconds(5)};
    /// A member of a group that was silent for this long loses its partitions to the others.
    std::chrono::milliseconds lease{std::chrono::seconds(3)};
};

/// The event log in one SQLite file: WAL, `synchronous=FULL`; an accepted record survives a power
/// cut. Any number of processes may share the file. Thread-safe; runs nothing by itself until a
/// writer is made.
class EmbeddedLog {
public:
    /// Creates the file or opens it. `invalid_input` when a newer version of Tributary wrote it or
    /// the settings make no sense, `corrupt_data` when it is no log, `unavailable` when it cannot
    /// be reached. `clock` must outlive the log and everything that it makes.
    static Result<std::unique_ptr<EmbeddedLog>> open(EmbeddedLogSettings settings,
                                                     const Clock& clock);

    /// Idempotent; an existing topic keeps its partitions. Names follow Kafka's rule: 1 to 249
    /// letters, digits, `.`, `_`, `-`; otherwise `invalid_input`.
    Result<void> create_topic(const std::string& topic);

    /// What is made here stands on its own and may outlive this object. `listener` must outlive the
    /// reader. Topics that do not exist yet are read as soon as they do.
    std::unique_ptr<Writer> make_writer();
    std::unique_ptr<Reader> make_reader(std::string group, std::vector<std::string> topics,
                                        RebalanceListener& listener);
    std::unique_ptr<Inspector> make_inspector();

    /// Removes records by age and size, of each partition a prefix, and only what every live group
    /// has passed; forgets groups that expired. Dead letters (`*.dlq`, `*.dlq.actions`) stay for
    /// ever. Works in short transactions beside writers and readers; to be called now and then,
    /// every minute say. Returns how many records were removed.
    Result<std::uint64_t> trim();

private:
    EmbeddedLog(EmbeddedLogSettings settings, const Clock& clock, sqlite::Database database)
        : settings_(std::move(settings)), clock_(clock), database_(std::move(database)) {}

    const EmbeddedLogSettings settings_;
    const Clock& clock_;
    std::mutex mutex_;
    sqlite::Database database_;  ///< Guarded by the mutex; for topics and trimming.
};

}  // namespace tributary::event_log
