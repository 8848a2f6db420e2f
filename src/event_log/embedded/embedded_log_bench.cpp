#include <benchmark/benchmark.h>
#include <cstdlib>
#include <future>
#include <vector>

#include "event_log/embedded/embedded_log.h"
#include "sqlite/temporary_file.h"

/// What one sync costs, and how far a group shares it. Measure where the log will lie: TMPDIR.
namespace tributary::event_log {
namespace {

class Bench {
public:
    Bench() {
        EmbeddedLogSettings settings;
        settings.path = file_.path();
        settings.partitions = 3;
        settings.free_space_reserve_bytes = 0;
        log_ = std::move(*EmbeddedLog::open(std::move(settings), clock_));
        if (!log_->create_topic("orders")) std::abort();
        writer_ = log_->make_writer();
    }
    EmbeddedLog& log() { return *log_; }

    std::future<void> append(std::size_t count) {
        std::vector<NewRecord> records;
        for (std::size_t i = 0; i < count; ++i) {
            records.emplace_back("orders", std::to_string(++sequence_), std::string(1'000, 'v'),
                                 std::vector<RecordHeader>{{"content-type", "application/json"}});
        }
        auto done = std::make_shared<std::promise<void>>();
        auto future = done->get_future();
        writer_->append(std::move(records), [done](const std::vector<AppendOutcome>& outcomes) {
            for (const auto& outcome : outcomes) {
                if (!outcome) std::abort();
            }
            done->set_value();
        });
        return future;
    }

private:
    sqlite::TemporaryFile file_;
    SystemClock clock_;
    std::unique_ptr<EmbeddedLog> log_;
    std::unique_ptr<Writer> writer_;
    std::size_t sequence_ = 0;
};

class Nobody final : public RebalanceListener {
public:
    void on_assigned(const std::vector<Assignment>&) override {}
    void on_revoked(const std::vector<TopicPartition>&) override {}
    void on_lost(const std::vector<TopicPartition>&) override {}
};

void count(benchmark::State& state, std::size_t records) {
    state.SetItemsProcessed(static_cast<std::int64_t>(records) * state.iterations());
}

/// One client that waits for each answer: a sync per record.
void append_one_by_one(benchmark::State& state) {
    Bench bench;
    for ([[maybe_unused]] auto iteration : state) bench.append(1).wait();
    count(state, 1);
}
BENCHMARK(append_one_by_one)->UseRealTime()->MeasureProcessCPUTime();

/// Many clients that wait for an answer each: they share the syncs.
void append_at_once(benchmark::State& state) {
    Bench bench;
    const auto clients = static_cast<std::size_t>(state.range(0));
    for ([[maybe_unused]] auto iteration : state) {
        std::vector<std::future<void>> answers;
        for (std::size_t i = 0; i < clients; ++i) answers.push_back(bench.append(1));
        for (auto& answer : answers) answer.wait();
    }
    count(state, clients);
}
BENCHMARK(append_at_once)->Arg(16)->Arg(256)->UseRealTime()->MeasureProcessCPUTime();

void append_batches(benchmark::State& state) {
    Bench bench;
    const auto size = static_cast<std::size_t>(state.range(0));
    for ([[maybe_unused]] auto iteration : state) bench.append(size).wait();
    count(state, size);
}
BENCHMARK(append_batches)->Arg(100)->Arg(1'000)->UseRealTime()->MeasureProcessCPUTime();

/// From the call of append until a polling reader has the record.
void append_and_read(benchmark::State& state) {
    Bench bench;
    Nobody nobody;
    const auto reader = bench.log().make_reader("bench", {"orders"}, nobody);
    for ([[maybe_unused]] auto iteration : state) {
        const auto answer = bench.append(1);
        while (true) {
            const auto records = reader->poll(std::chrono::milliseconds(100), 10);
            if (!records) std::abort();
            if (!records->empty()) break;
        }
    }
    count(state, 1);
}
BENCHMARK(append_and_read)->UseRealTime();

void poll_without_news(benchmark::State& state) {
    Bench bench;
    Nobody nobody;
    const auto reader = bench.log().make_reader("bench", {"orders"}, nobody);
    for ([[maybe_unused]] auto iteration : state) {
        if (!reader->poll(std::chrono::milliseconds(0), 10)) std::abort();
    }
}
BENCHMARK(poll_without_news);

}  // namespace
}  // namespace tributary::event_log
