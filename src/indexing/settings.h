#pragma once

#include <chrono>
#include <cstddef>

namespace tributary::indexing {

/// How the Consumer batches, retries and commits. Every bound is here.
struct IndexingSettings {
    // One bulk request. With nothing in flight a document is sent at once; behind others it waits
    // for company, at most `max_batch_age`.
    std::size_t max_batch_documents = 1000;
    std::size_t max_batch_bytes = std::size_t{4} << 20;
    std::chrono::milliseconds max_batch_age{5};
    std::size_t max_in_flight = 2;

    // Memory: nothing more is read above these. While that lasts only a moment the log is just not
    // asked; after `max_full_wait` partitions are paused, and resumed below half of the limits.
    // What waits behind another record with its id may take half of it, shared equally among the
    // partitions that have such records; one that takes more than its share is paused alone.
    std::size_t max_buffered_records = 10'000;
    std::size_t max_buffered_bytes = std::size_t{64} << 20;
    std::chrono::milliseconds max_full_wait{1'000};
    /// Records of one partition that may be done behind one that is not.
    std::size_t max_uncommitted_records = 200'000;

    // Retries: full jitter between zero and a bound that doubles with every failure.
    std::chrono::milliseconds min_backoff{100};
    std::chrono::milliseconds max_backoff{30'000};
    /// An item that failed so often becomes a dead letter, if meanwhile others on its index did
    /// well: `successes_per_failing_item` for each item that is failing there. A shard or an index
    /// that is overloaded or gone never fulfils this.
    int max_item_attempts = 10;
    int successes_per_failing_item = 10;

    std::chrono::milliseconds commit_interval{500};
    /// How long a revoked partition waits for what is in flight; the log grants no more than 5 s.
    std::chrono::milliseconds revoke_wait{5'000};
    /// The loop counts as alive when it turned within this time.
    std::chrono::milliseconds max_turn{5'000};
};

}  // namespace tributary::indexing
