#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <future>
#include <random>
#include <semaphore>
#include <string>
#include <vector>

#include "event_log/kafka/kafka_log.h"

/// What a record costs, alone, among others, and in batches. `TRIBUTARY_TEST_KAFKA=host:port` names
/// the broker; measure where the services will run.
namespace tributary::event_log {
namespace {

constexpr std::int32_t kPartitions = 3;
constexpr std::size_t kValueBytes = 286;

class Bench {
public:
    Bench() {
        KafkaLogSettings settings;
        const auto* broker = std::getenv("TRIBUTARY_TEST_KAFKA");
        settings.bootstrap_servers = broker == nullptr ? "127.0.0.1:9092" : broker;
        auto log = KafkaLog::open(settings, clock_);
        if (!log || !(*log)->create_topics({topic_}, {.partitions = kPartitions})) std::abort();
        log_ = std::move(*log);
        writer_ = log_->make_writer();
        for (int i = 0; i < 100; ++i) append(kPartitions, [] {}).wait();
    }
    ~Bench() { writer_->drain(std::chrono::seconds(30)); }
    KafkaLog& log() { return *log_; }
    const std::string& topic() const { return topic_; }

    template <class Then>
    std::future<void> append(std::size_t count, Then then) {
        std::vector<NewRecord> records;
        records.reserve(count);
        for (std::size_t i = 0; i < count; ++i) {
            records.emplace_back(
                topic_, std::to_string(++sequence_), std::string(kValueBytes, 'v'),
                std::vector<RecordHeader>{{"content-type", "application/cloudevents+json"}});
        }
        auto done = std::make_shared<std::promise<void>>();
        auto future = done->get_future();
        writer_->append(std::move(records),
                        [done, then = std::move(then)](const std::vector<AppendOutcome>& outcomes) {
                            for (const auto& outcome : outcomes) {
                                if (!outcome) std::abort();
                            }
                            done->set_value();
                            then();
                        });
        return future;
    }

private:
    const std::string topic_ = "bench-" + std::to_string(std::random_device()());
    SystemClock clock_;
    std::unique_ptr<KafkaLog> log_;
    std::unique_ptr<Writer> writer_;
    std::size_t sequence_ = 0;
};

class Nobody final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>&) override {}
    void on_revoked(const std::vector<TopicPartition>&) override {}
    void on_lost(const std::vector<TopicPartition>&) override {}
};

/// One client that waits for each answer: the latency.
void append_one_by_one(benchmark::State& state) {
    Bench bench;
    for ([[maybe_unused]] auto iteration : state) bench.append(1, [] {}).wait();
    state.SetItemsProcessed(state.iterations());
}
BENCHMARK(append_one_by_one)->UseRealTime()->MeasureProcessCPUTime();

/// So many clients with calls of so many records, each beginning anew when it was answered.
void append_outstanding(benchmark::State& state) {
    Bench bench;
    const auto clients = static_cast<std::ptrdiff_t>(state.range(0));
    const auto size = static_cast<std::size_t>(state.range(1));
    std::counting_semaphore<> free(clients);
    for ([[maybe_unused]] auto iteration : state) {
        free.acquire();
        bench.append(size, [&free] { free.release(); });
    }
    for (std::ptrdiff_t i = 0; i < clients; ++i) free.acquire();
    state.SetItemsProcessed(state.iterations() * state.range(1));
}
BENCHMARK(append_outstanding)
    ->Args({16, 1})
    ->Args({64, 1})
    ->Args({256, 1})
    ->Args({16, 100})
    ->Args({16, 1'000})
    ->UseRealTime()
    ->MeasureProcessCPUTime();

/// A million records that are there already.
void read_everything(benchmark::State& state) {
    constexpr std::size_t kRecords = 1'000'000;
    constexpr std::size_t kBatch = 10'000;
    Bench bench;
    for (std::size_t i = 0; i < kRecords / kBatch; ++i) bench.append(kBatch, [] {}).wait();
    for ([[maybe_unused]] auto iteration : state) {
        Nobody nobody;
        const auto reader = bench.log().make_reader(
            "bench-" + std::to_string(std::random_device()()), {bench.topic()}, nobody);
        for (std::size_t read = 0; read < kRecords;) {
            const auto records = reader->poll(std::chrono::milliseconds(100), 5'000);
            if (records) read += records->size();
        }
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(kRecords) * state.iterations());
}
BENCHMARK(read_everything)->Iterations(2)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace tributary::event_log
