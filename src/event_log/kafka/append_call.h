#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "event_log/event_log.h"
#include "event_log/kafka/handles.h"

/// What a writer keeps of the records that it was given: calls own them, lanes order them.
namespace tributary::event_log::kafka {

struct AppendCall;
struct Topic;
struct PendingRecord;

/// One partition's way into Kafka: at most one batch is under way, the rest waits and gathers.
struct Lane {
    Lane(Topic& topic_in, std::int32_t partition_in) : topic(topic_in), partition(partition_in) {}
    Topic& topic;
    std::int32_t partition;
    std::deque<PendingRecord*> waiting;
    std::size_t waiting_bytes = 0;
    std::size_t in_flight = 0;  ///< Records that librdkafka has and did not report on yet.
    SteadyTime handed_over;     ///< When the last batch was.
    /// When the broker last confirmed a record of this session; it forgets a producer after a day.
    std::optional<SteadyTime> confirmed;
    bool is_touched = false;  ///< By the call of `append` under way.
};

struct Topic {
    explicit Topic(std::string name_in) : name(std::move(name_in)) {}
    std::string name;
    rd_kafka_topic_t* handle = nullptr;     ///< Of the session of now; owned by it.
    std::deque<Lane> lanes;                 ///< One for every partition; never fewer.
    bool is_known = false;                  ///< The broker named its partitions.
    std::deque<PendingRecord*> unresolved;  ///< Until it does.
    std::size_t next_lane = 0;              ///< For records without a key.
};

/// One record until its outcome. librdkafka holds its address and reads its bytes where they are.
struct PendingRecord {
    AppendCall* call = nullptr;
    std::size_t index = 0;  ///< Of the record within its call.
    std::size_t bytes = 0;  ///< Of key, value and headers.
    std::size_t cost = 0;   ///< What it takes of the queue.
    Lane* lane = nullptr;
    SteadyTime since;
    bool follows = false;  ///< One of its own call goes before it on its lane.
    bool is_settled = false;
};

/// One call of `append`. It lives until every outcome is known and librdkafka has let go of its
/// records.
struct AppendCall {
    std::vector<NewRecord> records;
    Writer::Done done;
    std::vector<AppendOutcome> outcomes;
    std::vector<PendingRecord> pending;
    std::size_t open = 0;
    std::size_t in_flight = 0;
    std::list<AppendCall>::iterator self;
};

/// A call whose outcomes are all known; to be answered without the lock.
struct FinishedCall {
    Writer::Done done;
    std::vector<AppendOutcome> outcomes;
};
using FinishedCalls = std::vector<FinishedCall>;

/// The lane of a record without a key: one that is free, else the one with least before it.
inline Lane& lane_for_no_key(Topic& topic) {
    auto* best = &topic.lanes[topic.next_lane++ % topic.lanes.size()];
    const auto load = [](const Lane& lane) {
        return std::pair(lane.waiting_bytes, lane.in_flight);
    };
    for (auto& lane : topic.lanes) {
        if (load(lane) < load(*best)) best = &lane;
    }
    return *best;
}

}  // namespace tributary::event_log::kafka
