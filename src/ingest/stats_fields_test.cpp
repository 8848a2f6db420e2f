#include "ingest/stats_fields.h"

#include <gtest/gtest.h>

#include "ingest/running_producer.h"

namespace tributary::ingest {
namespace {

TEST(ProducerStats, TellWhatTheClientsWereTold) {
    RunningProducer producer;
    telemetry::PipelineStats stats(stats_fields(), producer.metrics, producer.log, producer.clock);
    const std::string order = R"({"type":"order","data":{"id":1}})";
    EXPECT_EQ(producer.post("[" + order + "," + order + "]").status, 200);
    EXPECT_EQ(producer.post(R"({"type":"pear","data":{"id":1}})").status, 422);
    producer.writer.fail_all(ErrorCode::unavailable, "No broker answers.");
    EXPECT_EQ(producer.post(order).status, 503);
    producer.writer.fail_all(ErrorCode::timed_out, "No report came.");
    EXPECT_EQ(producer.post(order).status, 504);
    producer.service.update_load();
    stats.write();
    EXPECT_EQ(producer.log
                  .lines({R"("stats":{"accepted":2,"interval_s":0,"open_answers":0,)"
                          R"("queue_bytes":4711,"rejected":2,"requests":4,"unknown":1})"})
                  .size(),
              1U);
}

}  // namespace
}  // namespace tributary::ingest
