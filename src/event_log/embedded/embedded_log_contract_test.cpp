#include "event_log/contract/contract_suite.h"
#include "event_log/embedded/embedded_log.h"
#include "event_log/embedded/test_log.h"

namespace tributary::event_log {
namespace {

struct Environment {
    TestLog files;
    SystemClock clock;
    std::unique_ptr<EmbeddedLog> log;
};

std::unique_ptr<EmbeddedLog> open_with_queue(const Environment& environment, std::size_t bytes) {
    auto settings = environment.files.settings();
    settings.max_queued_bytes = bytes;
    return TestLog::open(std::move(settings), environment.clock);
}

LogUnderTest make_log() {
    auto environment = std::make_shared<Environment>();
    auto settings = environment->files.settings();
    settings.partitions = kPartitions;
    const auto max_record_bytes = settings.max_record_bytes;
    environment->log = TestLog::open(std::move(settings), environment->clock);
    for (const auto* topic : {"orders", "products"}) {
        EXPECT_TRUE(environment->log->create_topic(topic));
    }
    // Raw, because the environment lives longer than what is made of it.
    auto* self = environment.get();
    return {.environment = environment,
            .make_writer = [self] { return self->log->make_writer(); },
            .make_writer_with_queue =
                [self](std::size_t bytes) { return open_with_queue(*self, bytes)->make_writer(); },
            .make_reader =
                [self](const std::string& group, const std::vector<std::string>& topics,
                       RebalanceListener& listener) {
                    return self->log->make_reader(group, topics, listener);
                },
            .inspector = environment->log->make_inspector(),
            .topic = "orders",
            .other_topic = "products",
            .group = "tributary",
            .max_record_bytes = max_record_bytes,
            .absence = {}};
}

INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract,
                         testing::Values(LogFactory{"embedded", make_log}));

}  // namespace
}  // namespace tributary::event_log
