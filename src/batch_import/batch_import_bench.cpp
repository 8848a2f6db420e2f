#include <algorithm>
#include <benchmark/benchmark.h>
#include <memory>
#include <string>

#include "base/manual_clock.h"
#include "base/uuid.h"
#include "batch_import/batch_reader.h"
#include "batch_import/item_scanner.h"
#include "event/catalog.h"
#include "event/decoder.h"

namespace tributary::batch_import {
namespace {

/// Orders as TPC-H has them, 16 MB.
std::string orders(std::string_view separator) {
    std::string file;
    for (int i = 0; file.size() < (16U << 20U); ++i) {
        if (i > 0) file += separator;
        file += R"({"id":)" + std::to_string(i * 4) + R"(,"customer_id":)" +
                std::to_string(i % 15'000) +
                R"(,"status":"O","total":173665.47,"date":"1996-01-02","priority":"5-LOW",)"
                R"("clerk":"Clerk#000000951","comment":"nstructions sleep furiously among "})";
    }
    return file;
}

class MemoryStream final : public object_store::ObjectStream {
public:
    explicit MemoryStream(const std::string& content) : content_(content) {}
    Result<std::size_t> read(char* buffer, std::size_t capacity) override {
        const std::size_t size = std::min(capacity, content_.size() - read_);
        std::copy_n(content_.data() + read_, size, buffer);
        read_ += size;
        return size;
    }
    [[nodiscard]] const object_store::ObjectInfo& info() const override { return info_; }

private:
    const std::string& content_;
    std::size_t read_ = 0;
    object_store::ObjectInfo info_;
};

void scan(benchmark::State& state, const std::string& file) {
    std::int64_t items = 0;
    for (auto _ : state) {
        ItemScanner scanner(1U << 20U);
        for (std::size_t begin = 0; begin < file.size(); begin += 256 * 1024) {
            scanner.add(std::string_view(file).substr(begin, 256 * 1024));
            while (const auto item = scanner.next()) ++items;
        }
    }
    state.SetItemsProcessed(items);
    state.SetBytesProcessed(static_cast<std::int64_t>(file.size()) * state.iterations());
}

void BM_ScanArray(benchmark::State& state) {
    scan(state, "[" + orders(",\n") + "]");
}
void BM_ScanLines(benchmark::State& state) {
    scan(state, orders("\n"));
}

/// Reading, scanning and decoding, as a run does it.
void BM_ReadBatches(benchmark::State& state) {
    const std::string file = "[" + orders(",\n") + "]";
    const event::Catalog catalog = event::Catalog::built_in();
    const ManualClock clock;
    UuidV7 ids(clock);
    event::Decoder decoder(catalog, ids);
    std::int64_t items = 0;
    for (auto _ : state) {
        BatchReader reader(
            FileSource{object_store::ObjectId("b", "orders.json"), "v", catalog.find("order")},
            DecompressedStream::plain(std::make_unique<MemoryStream>(file)), {}, decoder,
            clock.now(), {});
        while (!reader.is_at_end()) {
            items += static_cast<std::int64_t>(reader.read({}).value().events.size());
        }
    }
    state.SetItemsProcessed(items);
    state.SetBytesProcessed(static_cast<std::int64_t>(file.size()) * state.iterations());
}

BENCHMARK(BM_ScanArray);
BENCHMARK(BM_ScanLines);
BENCHMARK(BM_ReadBatches);

}  // namespace
}  // namespace tributary::batch_import
