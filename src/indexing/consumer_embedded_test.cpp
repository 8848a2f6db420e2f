#include <fcntl.h>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <thread>
#include <unistd.h>

#include "document_index/embedded/embedded_index.h"
#include "event_log/embedded/embedded_log.h"
#include "indexing/consumer.h"
#include "ledger/ledger.h"

/// The Consumer over the real embedded log and index, judged by the ledger.
namespace tributary::indexing {
namespace {

using std::chrono::milliseconds;

class EmbeddedSystem : public testing::Test {
protected:
    EmbeddedSystem() {
        index_settings_.path = folder_ / "index.db";
        index_settings_.value_fields = {{"orders-index", {"data.total"}}};
        index_settings_.free_space_reserve_bytes = 0;
        document_index = document_index::EmbeddedIndex::open(index_settings_).value();
        event_log::EmbeddedLogSettings settings;
        settings.path = folder_ / "log.db";
        settings.partitions = 3;
        settings.free_space_reserve_bytes = 0;
        log = event_log::EmbeddedLog::open(settings, clock).value();
        for (const event::EntityType& type : catalog.types()) {
            EXPECT_TRUE(log->create_topic(type.topic));
            EXPECT_TRUE(log->create_topic(event_log::dead_letter_topic(type.topic)));
        }
        writer = log->make_writer();
    }
    ~EmbeddedSystem() override {
        writer.reset();
        ::close(null_);
        std::filesystem::remove_all(folder_);
    }

    /// A consumer process, but for the process.
    class Running {
    public:
        explicit Running(EmbeddedSystem& system)
            : dead_letters_(system.log->make_writer()),
              documents_(system.document_index->make_writer()),
              tracer_(0, system.clock),
              consumer_({}, system.catalog, *dead_letters_, *documents_, metrics_,
                        system.telemetry_log_, tracer_, system.clock),
              reader_(system.log->make_reader("g", system.topics(), consumer_.listener())),
              thread_([this](const std::stop_token& stop) { consumer_.run(*reader_, stop); }) {}
        ~Running() {
            thread_.request_stop();
            thread_.join();
        }
        const Consumer& operator*() const { return consumer_; }

    private:
        telemetry::Metrics metrics_;
        std::unique_ptr<event_log::Writer> dead_letters_;
        std::unique_ptr<document_index::Writer> documents_;
        tracing::Tracer tracer_;
        Consumer consumer_;
        std::unique_ptr<event_log::Reader> reader_;
        std::jthread thread_;
    };

    std::vector<std::string> topics() const {
        std::vector<std::string> topics;
        for (const event::EntityType& type : catalog.types()) topics.push_back(type.topic);
        return topics;
    }
    static std::string order(const std::string& id, const std::string& data) {
        return R"({"specversion":"1.0","id":")" + id +
               R"(","source":"/api","type":"order","time":"2026-11-23T06:00:00.123Z",)" +
               R"("datacontenttype":"application/json","data":)" + data + "}";
    }
    void append(std::vector<event_log::NewRecord> records) {
        std::promise<void> written;
        writer->append(std::move(records), [&](const auto& outcomes) {
            for (const auto& outcome : outcomes) EXPECT_TRUE(outcome) << outcome.error().message;
            written.set_value();
        });
        written.get_future().wait();
    }
    /// Of every ten: seven good orders, one of them sent twice, one mapping conflict, one no JSON.
    void append_tens(int tens, const std::string& prefix) {
        std::vector<event_log::NewRecord> records;
        for (int i = 0; i < 10 * tens; ++i) {
            const std::string id = prefix + std::to_string(i % 10 == 7 ? i - 1 : i);
            const int number = i % 10 == 7 ? i - 1 : i;
            std::string value = order(id, R"({"total":)" + std::to_string(number) + "}");
            if (i % 10 == 8) value = order(id, R"({"total":{"eur":1}})");
            if (i % 10 == 9) value = "no json";
            std::vector<event_log::RecordHeader> headers;
            records.emplace_back("orders", id, std::move(value), std::move(headers));
        }
        append(std::move(records));
    }

    ledger::Ledger balance() {
        const auto inspector = log->make_inspector();
        const auto searcher = document_index->make_searcher();
        auto result = ledger::balance(*inspector, *searcher, catalog, "g");
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : ledger::Ledger();
    }
    static std::int64_t sum(const ledger::Ledger& ledger, std::int64_t ledger::Counts::* member) {
        std::int64_t total = 0;
        for (const auto& account : ledger.partitions) total += account.counts.*member;
        return total;
    }
    static bool is_worked_off(const ledger::Ledger& ledger) {
        return std::ranges::all_of(ledger.partitions,
                                   [](const auto& account) { return account.in_flight() == 0; });
    }
    void expect_worked_off(int tens) {
        const auto deadline = clock.steady_now() + std::chrono::seconds(40);
        auto ledger = balance();
        while (!(is_worked_off(ledger) && ledger.is_balanced()) && clock.steady_now() < deadline) {
            std::this_thread::sleep_for(milliseconds(50));  // Between polls of the condition.
            ledger = balance();
        }
        EXPECT_TRUE(is_worked_off(ledger)) << ledger::render_text(ledger);
        EXPECT_TRUE(ledger.is_balanced()) << ledger::render_text(ledger);
        EXPECT_EQ(sum(ledger, &ledger::Counts::indexed), 7 * tens);
        EXPECT_EQ(sum(ledger, &ledger::Counts::duplicates), tens);
        EXPECT_EQ(sum(ledger, &ledger::Counts::dead_lettered), 2 * tens);
    }

    SystemClock clock;
    const event::Catalog catalog = event::Catalog::built_in();
    std::unique_ptr<document_index::EmbeddedIndex> document_index;
    std::unique_ptr<event_log::EmbeddedLog> log;
    std::unique_ptr<event_log::Writer> writer;

private:
    static std::filesystem::path make_folder() {
        std::string name = std::filesystem::temp_directory_path() / "indexing-XXXXXX";
        return ::mkdtemp(name.data());
    }
    const std::filesystem::path folder_ = make_folder();
    const int null_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    telemetry::Log telemetry_log_{
        {.service = "test", .minimum = telemetry::Level::warn, .fd = null_}, clock};
    document_index::EmbeddedIndexSettings index_settings_;
};

TEST_F(EmbeddedSystem, EveryRecordEndsAndTheLedgerIsBalanced) {
    append_tens(30, "a");
    const Running consumer(*this);
    expect_worked_off(30);
    EXPECT_TRUE((*consumer).ready());
    EXPECT_TRUE((*consumer).is_live());
}

TEST_F(EmbeddedSystem, AStoppedConsumerGoesOnWhereItWas) {
    append_tens(20, "a");
    {
        const Running consumer(*this);  // Stopped in the middle, wherever that is.
        std::this_thread::yield();
    }
    append_tens(20, "b");
    const Running consumer(*this);
    expect_worked_off(40);
}

TEST_F(EmbeddedSystem, ConsumersThatComeAndGoShareTheWorkAndLoseNothing) {
    const auto first = std::make_unique<Running>(*this);
    append_tens(20, "a");
    auto second = std::make_unique<Running>(*this);
    append_tens(20, "b");
    second.reset();
    append_tens(20, "c");
    const Running third(*this);
    append_tens(20, "d");
    expect_worked_off(80);
}

TEST_F(EmbeddedSystem, AnEventIsFoundSoonAfterItIsAccepted) {
    const Running consumer(*this);
    append_tens(1, "warm");
    expect_worked_off(1);
    const auto searcher = document_index->make_searcher();
    const auto begin = clock.steady_now();
    append({{"orders", "k", order("quick", R"({"total":1})"), {}}});
    while (!searcher->get("orders-index", "quick") &&
           clock.steady_now() - begin < std::chrono::seconds(10)) {
        std::this_thread::yield();
    }
    EXPECT_LT(clock.steady_now() - begin, std::chrono::seconds(1));
}

}  // namespace
}  // namespace tributary::indexing
