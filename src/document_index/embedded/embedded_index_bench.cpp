#include <benchmark/benchmark.h>
#include <filesystem>
#include <fmt/format.h>
#include <future>
#include <memory>
#include <random>

#include "base/rfc3339.h"
#include "base/uuid.h"
#include "document_index/embedded/embedded_index.h"

namespace tributary::document_index {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kFirstTime = 1'780'000'000'000;
constexpr const char* kIndex = "orders-index";

/// Documents like those of the TPC-H orders file, in bulks like the consumer's.
class OrderBulks {
public:
    std::vector<Document> next(std::size_t size) {
        std::vector<Document> bulk;
        for (std::size_t i = 0; i < size; ++i) bulk.push_back(order(sequence_++));
        return bulk;
    }
    static std::string id(std::int64_t sequence) { return uuid_v5(fmt::format("{}", sequence)); }

private:
    Document order(std::int64_t sequence) {
        const auto time =
            format_rfc3339(Timestamp(std::chrono::milliseconds(kFirstTime + sequence / 20)));
        const auto total = random_() % 50'000'000;
        std::string comment;
        for (int word = 0; word < 8; ++word) comment += fmt::format("word{} ", random_() % 5'000);
        const auto data = fmt::format(
            R"({{"id":{0},"customer":{1},"status":"O","total":{2}.25,"date":"1996-01-02",)"
            R"("priority":"5-LOW","clerk":"Clerk#{3:09}","comment":"{4}"}})",
            sequence, random_() % 150'000, total, random_() % 1'000, comment);
        const auto text = fmt::format("{} O {}.25 1996-01-02 5-LOW Clerk#{:09} {}", sequence, total,
                                      random_() % 1'000, comment);
        const auto id = OrderBulks::id(sequence);
        return {Document::Operation::create, kIndex, id,
                fmt::format(
                    R"({{"specversion":"1.0","id":"{0}","source":"s3://bucket/orders.json",)"
                    R"("type":"order","subject":"{1}","time":"{2}","datacontenttype":)"
                    R"("application/json","data":{3},"@timestamp":"{2}","pipeline":)"
                    R"({{"received_at":"{2}","published_at":"{2}","indexed_at":"{2}","digest":)"
                    R"("{4:064x}","latency_ms":12}},"kafka":{{"topic":"orders","partition":{5},)"
                    R"("offset":{6}}},"text":"{7}"}})",
                    id, sequence, time, data, total, sequence % 6, sequence / 6, text)};
    }

    std::int64_t sequence_ = 0;
    std::mt19937_64 random_{1};
};

class FilledIndex {
public:
    explicit FilledIndex(std::int64_t documents) {
        fs::remove_all(folder_);
        fs::create_directories(folder_);
        EmbeddedIndexSettings settings;
        settings.path = (folder_ / "index.db").string();
        index_ = std::move(*EmbeddedIndex::open(settings));
        writer_ = index_->make_writer();
        for (std::int64_t i = 0; i < documents; i += 2'000) write(bulks_.next(2'000));
    }
    FilledIndex(const FilledIndex&) = delete;
    FilledIndex& operator=(const FilledIndex&) = delete;
    ~FilledIndex() { fs::remove_all(folder_); }

    OrderBulks& bulks() { return bulks_; }
    std::unique_ptr<Searcher> make_searcher() { return index_->make_searcher(); }
    void write(std::vector<Document> documents) {
        std::promise<bool> done;
        writer_->write(std::move(documents),
                       [&](const auto& outcomes) { done.set_value(outcomes.has_value()); });
        if (!done.get_future().get()) std::terminate();
    }

private:
    fs::path folder_ = fs::temp_directory_path() / "embedded_index_bench";
    std::unique_ptr<EmbeddedIndex> index_;
    std::unique_ptr<Writer> writer_;
    OrderBulks bulks_;
};

void index_documents(benchmark::State& state) {
    FilledIndex index(0);
    const auto size = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        state.PauseTiming();
        auto bulk = index.bulks().next(size);
        state.ResumeTiming();
        index.write(std::move(bulk));
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(index_documents)->Arg(1)->Arg(100)->Arg(2'000)->UseRealTime();

/// Range: how many documents the index holds.
void search_documents(benchmark::State& state) {
    FilledIndex index(state.range(0));
    const auto searcher = index.make_searcher();
    Query newest;
    newest.indices = {kIndex};
    auto by_id = newest;
    by_id.id = OrderBulks::id(17);
    auto rare_word = newest;
    rare_word.text = "word17 word18";
    auto common_word = newest;
    common_word.text = "low";
    auto last_half = newest;
    last_half.after = Timestamp(std::chrono::milliseconds(kFirstTime + state.range(0) / 20 / 2));
    const std::pair<const char*, Query> queries[] = {{"newest", newest},
                                                     {"id", by_id},
                                                     {"rare_words", rare_word},
                                                     {"common_word", common_word},
                                                     {"last_half", last_half}};
    std::map<std::string, std::chrono::duration<double>> spent;
    for (auto _ : state) {
        for (const auto& [name, query] : queries) {
            const auto begin = std::chrono::steady_clock::now();
            benchmark::DoNotOptimize(searcher->search(query));
            spent[name] += std::chrono::steady_clock::now() - begin;
        }
    }
    for (const auto& [name, seconds] : spent) {
        state.counters[name + "_us"] =
            seconds.count() * 1e6 / static_cast<double>(state.iterations());
    }
}
// A fixed number of rounds, so that the index is filled once.
BENCHMARK(search_documents)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tributary::document_index
