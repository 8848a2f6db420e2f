#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/wake_file.h"
#include "event_log/event_log.h"
#include "sqlite/database.h"

namespace tributary::event_log {

/// Writes groups of records, each group in one transaction. Used by one thread.
class RecordAppender {
public:
    using Group = std::vector<std::reference_wrapper<const NewRecord>>;

    RecordAppender(const EmbeddedLogSettings& settings, const Clock& clock);

    /// One outcome per record. Those with a position are on the disk when this returns. Connects
    /// when needed, so that a failure is over as soon as its cause is.
    std::vector<AppendOutcome> append(const Group& group);

private:
    /// As it is within the transaction under way.
    struct Partition {
        std::int64_t next_offset = 0;
        Timestamp last_timestamp;
    };
    using Partitions = std::map<std::int64_t, Partition>;

    Result<std::vector<AppendOutcome>> append_in_transaction(const Group& group);
    Result<AppendOutcome> insert(const NewRecord& record, Timestamp now, Partitions& partitions);
    Result<Partition*> load(std::int64_t partition_id, Partitions& partitions);
    Result<void> store(const Partitions& partitions);
    /// The ids of a topic's partitions, by number; `not_found` where there is no such topic.
    Result<const std::vector<std::int64_t>*> partition_ids(const std::string& topic);

    const EmbeddedLogSettings settings_;
    const Clock& clock_;
    const WakeSignal wake_;
    std::unique_ptr<sqlite::Database> database_;
    std::map<std::string, std::vector<std::int64_t>> topics_;
};

}  // namespace tributary::event_log
