#include <atomic>
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "document_index/elasticsearch/bulk_request.h"
#include "document_index/elasticsearch/elasticsearch_index.h"
#include "http/client.h"

/// The writer against bulk bodies that are built before the clock starts, on a real, warm server:
/// TRIBUTARY_TEST_ELASTICSEARCH names it. CPU is this process's, all threads.
namespace tributary::document_index {
namespace {

using namespace std::chrono_literals;

constexpr int kBatches = 20;
constexpr int kBatchDocuments = 1'000;
constexpr int kInFlight = 4;
constexpr const char* kIndex = "bench-orders-index";

std::string document(const std::string& number) {
    return R"({"specversion":"1.0","id":"0199f1c2-7a3b-7def-8123-)" + number +
           R"(","source":"/api","type":"order","subject":")" + number +
           R"(","time":"2026-11-23T06:00:00.123Z","datacontenttype":"application/json",)"
           R"("data":{"id":)" +
           number +
           R"(,"customer_id":"c-17","status":"paid","currency":"EUR","total":440.5},)"
           R"("@timestamp":"2026-11-23T06:00:00.123Z","pipeline":{)"
           R"("received_at":"2026-11-23T06:00:00.123Z","published_at":"2026-11-23T06:00:00.125Z",)"
           R"("indexed_at":"2026-11-23T06:00:00.130Z","digest":"9f86d081884c7d65",)"
           R"("latency_ms":7},"kafka":{"topic":"orders","partition":0,"offset":)" +
           number + R"(},"text":")" + number + R"( c-17 paid EUR 440.5"})";
}

std::vector<std::vector<Document>> batches() {
    static int run = 0;
    const auto prefix = std::to_string(::getpid()) + "-" + std::to_string(++run) + "-";
    std::vector<std::vector<Document>> all(kBatches);
    for (int batch = 0; batch < kBatches; ++batch) {
        for (int i = 0; i < kBatchDocuments; ++i) {
            const auto number = batch * kBatchDocuments + i;
            const auto text = std::to_string(number);
            all[static_cast<std::size_t>(batch)].emplace_back(Document::Operation::create, kIndex,
                                                              prefix + text, document(text));
        }
    }
    return all;
}

ElasticsearchSettings settings() {
    const char* url = std::getenv("TRIBUTARY_TEST_ELASTICSEARCH");
    ElasticsearchSettings settings;
    if (url != nullptr) settings.urls = {url};
    settings.max_in_flight = kInFlight;
    settings.indices = {{kIndex,
                         {{"id", event::FieldKind::keyword},
                          {"customer_id", event::FieldKind::keyword},
                          {"status", event::FieldKind::keyword},
                          {"currency", event::FieldKind::keyword},
                          {"total", event::FieldKind::number}}}};
    return settings;
}

void count(benchmark::State& state) {
    state.SetItemsProcessed(state.iterations() * kBatches * kBatchDocuments);
}

void prebuilt_bodies(benchmark::State& state) {
    const auto index = ElasticsearchIndex::open(settings());
    if (!index || !(*index)->install()) return state.SkipWithError("no server was named");
    const auto server = *http::Url::parse(settings().urls[0]);
    for (auto _ : state) {
        state.PauseTiming();
        std::vector<std::string> bodies;
        for (const auto& batch : batches()) {
            std::vector<std::size_t> positions(batch.size());
            for (std::size_t i = 0; i < positions.size(); ++i) positions[i] = i;
            bodies.push_back(elasticsearch::bulk_body(batch, positions));
        }
        std::atomic<std::size_t> next = 0;
        state.ResumeTiming();
        std::vector<std::jthread> threads;
        for (int i = 0; i < kInFlight; ++i) {
            threads.emplace_back([&] {
                http::Client client(server);
                for (std::size_t body = next++; body < bodies.size(); body = next++) {
                    http::Request request;
                    request.method = "POST";
                    request.target = "/_bulk?filter_path=errors";
                    request.headers.add("Content-Type", "application/x-ndjson");
                    request.body = std::move(bodies[body]);
                    const auto response = client.send(std::move(request), 60s);
                    if (!response || response->body != R"({"errors":false})") std::abort();
                }
            });
        }
        threads.clear();
    }
    count(state);
}

void writer(benchmark::State& state) {
    const auto index = ElasticsearchIndex::open(settings());
    if (!index || !(*index)->install()) return state.SkipWithError("no server was named");
    const auto writer = (*index)->make_writer();
    for (auto _ : state) {
        state.PauseTiming();
        auto all = batches();
        state.ResumeTiming();
        std::counting_semaphore<> free(kInFlight);
        for (auto& batch : all) {
            free.acquire();
            writer->write(std::move(batch), [&](const Writer::Outcomes& outcomes) {
                if (!outcomes) std::abort();
                for (const auto& outcome : *outcomes) {
                    if (!std::holds_alternative<Created>(outcome)) std::abort();
                }
                free.release();
            });
        }
        for (int i = 0; i < kInFlight; ++i) free.acquire();
    }
    count(state);
}

BENCHMARK(prebuilt_bodies)->MeasureProcessCPUTime()->UseRealTime()->Iterations(3);
BENCHMARK(writer)->MeasureProcessCPUTime()->UseRealTime()->Iterations(3);
BENCHMARK(prebuilt_bodies)->MeasureProcessCPUTime()->UseRealTime()->Iterations(3);
BENCHMARK(writer)->MeasureProcessCPUTime()->UseRealTime()->Iterations(3);

}  // namespace
}  // namespace tributary::document_index
