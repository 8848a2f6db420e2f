#include "console/console.h"

#include <filesystem>
#include <future>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "console/event_way.h"
#include "document_index/embedded/embedded_index.h"
#include "event_log/embedded/embedded_log.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace tributary::console {
namespace {

constexpr std::chrono::seconds kDeadline{10};
constexpr const char* kEvent =
    R"({"specversion":"1.0","id":"e1","source":"/api","type":"order","subject":"1",)"
    R"("time":"2026-11-23T06:00:00.000Z","data":{"id":1,"note":"wait for me"}})";

std::string document(int offset) {
    return R"({"specversion":"1.0","id":"e1","source":"/api","type":"order","subject":"1",)"
           R"("time":"2026-11-23T06:00:00.000Z","data":{"id":1},"@timestamp":)"
           R"("2026-11-23T06:00:00.000Z","pipeline":{"received_at":"2026-11-23T06:00:00.000Z",)"
           R"("published_at":"2026-11-23T06:00:00.002Z","indexed_at":"2026-11-23T06:00:00.009Z",)"
           R"("digest":"d","latency_ms":9},"kafka":{"topic":"orders","partition":0,"offset":)" +
           std::to_string(offset) + R"(},"text":"1"})";
}

/// A console over an embedded log and index in a folder of its own, asked over real HTTP.
class ConsoleTest : public testing::Test {
protected:
    void SetUp() override {
        std::string pattern = testing::TempDir() + "consoleXXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        event_log::EmbeddedLogSettings log_settings;
        log_settings.path = folder_ + "/log.db";
        log_ = std::move(*event_log::EmbeddedLog::open(log_settings, clock_));
        for (const auto& type : catalog_.types()) {
            ASSERT_TRUE(log_->create_topic(type.topic).has_value());
            ASSERT_TRUE(log_->create_topic(type.topic + ".dlq").has_value());
        }
        document_index::EmbeddedIndexSettings index_settings;
        index_settings.path = folder_ + "/index.db";
        index_ = std::move(*document_index::EmbeddedIndex::open(index_settings));
        searcher_ = index_->make_searcher();
        inspector_ = log_->make_inspector();
        console_ = std::make_unique<Console>(ConsoleSettings{}, catalog_, *searcher_, *inspector_,
                                             [] { return std::vector<PartStatus>(); });
        loop_.start(1);
        server_ = std::move(*http::Server::listen(loop_, {}, *console_));
    }
    void TearDown() override {
        server_->drain(std::chrono::milliseconds(100));
        loop_.stop();
        console_.reset();
        std::filesystem::remove_all(folder_);
    }

    http::Response get(const std::string& target, const std::string& method = "GET") {
        http::Client client(
            *http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port())));
        http::Request request;
        request.method = method;
        request.target = target;
        auto response = client.send(std::move(request), kDeadline);
        EXPECT_TRUE(response.has_value()) << response.error().message;
        return response.value_or(http::Response());
    }
    void append_event() {
        std::promise<std::string> failure;
        const auto writer = log_->make_writer();
        std::vector<event_log::NewRecord> records;
        records.emplace_back("orders", "1", kEvent, std::vector<event_log::RecordHeader>());
        writer->append(std::move(records), [&](std::vector<event_log::AppendOutcome> outcomes) {
            failure.set_value(outcomes.at(0) ? "" : outcomes.at(0).error().message);
        });
        ASSERT_EQ(failure.get_future().get(), "");
    }
    void index_event(int offset) {
        std::promise<bool> done;
        const auto writer = index_->make_writer();
        writer->write({document_index::Document(document_index::Document::Operation::create,
                                                "orders-index", "e1", document(offset))},
                      [&](auto outcomes) { done.set_value(outcomes.has_value()); });
        ASSERT_TRUE(done.get_future().get());
    }

    const SystemClock clock_;
    const event::Catalog catalog_ = event::Catalog::built_in();
    std::string folder_;
    std::unique_ptr<event_log::EmbeddedLog> log_;
    std::unique_ptr<document_index::EmbeddedIndex> index_;
    std::unique_ptr<document_index::Searcher> searcher_;
    std::unique_ptr<event_log::Inspector> inspector_;
    std::unique_ptr<Console> console_;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

TEST_F(ConsoleTest, FindsDocuments) {
    index_event(0);
    const auto found = get("/api/events?type=order");
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.body, R"({"total":1,"events":[)" + document(0) + "]}");
}

TEST_F(ConsoleTest, TellsTheWayOfAnIndexedEvent) {
    index_event(0);
    const auto way = get("/api/events/e1");
    EXPECT_EQ(way.status, 200);
    for (const char* words : {R"("state":"indexed")", R"("stage":"received")",
                              R"("stage":"published")", R"("offset":0)", R"("stage":"indexed")"}) {
        EXPECT_NE(way.body.find(words), std::string::npos) << words << " in " << way.body;
    }
}

TEST_F(ConsoleTest, FindsAnEventThatStillWaitsInTheLog) {
    append_event();
    const auto way = get("/api/events/e1");
    EXPECT_NE(way.body.find(R"("state":"in-flight")"), std::string::npos) << way.body;
    EXPECT_EQ(way.body.find(R"("state":"indexed")"), std::string::npos);
}

TEST_F(ConsoleTest, DoesNotCountAnEventTwiceThatIsIndexedButNotCommitted) {
    append_event();
    index_event(0);
    const auto way = get("/api/events/e1");
    EXPECT_EQ(way.body.find(R"("state":"in-flight")"), std::string::npos) << way.body;
}

TEST_F(ConsoleTest, AnUnknownIdHasNoMatches) {
    EXPECT_EQ(get("/api/events/nobody").body, R"({"id":"nobody","matches":[]})");
}

TEST_F(ConsoleTest, ShowsTheLedgerForPeopleAndMachines) {
    append_event();
    EXPECT_NE(get("/api/ledger").body.find("\"in_flight\":1"), std::string::npos);
    EXPECT_NE(get("/api/ledger?format=text").body.find("balanced"), std::string::npos);
}

TEST_F(ConsoleTest, ThePlainPageHasCountsAndTheStrictPolicy) {
    index_event(0);
    const auto page = get("/");
    EXPECT_EQ(page.status, 200);
    EXPECT_NE(page.body.find("<td>orders-index</td><td>1</td>"), std::string::npos) << page.body;
    EXPECT_NE(std::string(page.headers.get("Content-Security-Policy")).find("default-src 'none'"),
              std::string::npos);
    EXPECT_EQ(page.body.find("<script"), std::string::npos);
}

TEST_F(ConsoleTest, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_EQ(get("/api/events?size=x").status, 400);
    const auto refused = get("/api/events", "DELETE");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace tributary::console
