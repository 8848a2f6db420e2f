// What decoding costs: the hot path of the Producer and of the Consumer.
#include <benchmark/benchmark.h>
#include <string>

#include "base/clock.h"
#include "event/decoder.h"

namespace tributary::event {
namespace {

/// About 300 bytes.
constexpr std::string_view kOrder =
    R"({"type":"order","data":{"id":10248,"customer_id":"VINET","status":"shipped","total":440.00,)"
    R"("date":"1996-07-04","ship_name":"Vins et alcools Chevalier","ship_city":"Reims",)"
    R"("ship_country":"France","lines":[{"product_id":11,"quantity":12},{"product_id":42,)"
    R"("quantity":10}],"freight":32.38,"paid":true}})";

struct Bench {
    Bench() {
        envelope.now = clock.now();
        envelope.traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    }
    SystemClock clock;
    Catalog catalog = Catalog::built_in();
    UuidV7 ids{clock};
    Decoder decoder{catalog, ids};
    Envelope envelope;
};

void decode(benchmark::State& state, const std::string& body, const Envelope& envelope,
            Decoder& decoder) {
    for (auto _ : state) {
        auto decoded = decoder.decode(body, envelope);
        benchmark::DoNotOptimize(decoded);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(body.size()));
}

void decode_one(benchmark::State& state) {
    Bench bench;
    decode(state, std::string(kOrder), bench.envelope, bench.decoder);
}
BENCHMARK(decode_one);

void decode_batch_of_1000(benchmark::State& state) {
    Bench bench;
    std::string body = "[";
    for (int i = 0; i < 1000; ++i) body.append(i == 0 ? "" : ",").append(kOrder);
    decode(state, body + "]", bench.envelope, bench.decoder);
    state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(decode_batch_of_1000);

void decode_1000_lines(benchmark::State& state) {
    Bench bench;
    std::string body;
    for (int i = 0; i < 1000; ++i) body.append(kOrder).append("\n");
    bench.envelope.content_type = "application/x-ndjson";
    decode(state, body, bench.envelope, bench.decoder);
    state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(decode_1000_lines);

void decode_stored(benchmark::State& state) {
    Bench bench;
    const auto decoded = bench.decoder.decode(kOrder, bench.envelope);
    const std::string& json = decoded->items.front()->json;
    StoredEventDecoder stored(bench.catalog);
    for (auto _ : state) {
        std::string value = json;
        auto event = stored.decode("orders", value);
        benchmark::DoNotOptimize(event);
    }
}
BENCHMARK(decode_stored);

void digest(benchmark::State& state) {
    ContentDigest content;
    for (auto _ : state) {
        auto hex = content.of("order", kOrder);
        benchmark::DoNotOptimize(hex);
    }
}
BENCHMARK(digest);

}  // namespace
}  // namespace tributary::event
