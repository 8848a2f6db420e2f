#pragma once

#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <memory>
#include <stdlib.h>
#include <string>
#include <vector>

#include "base/clock.h"
#include "console/console.h"
#include "console/guard.h"
#include "document_index/embedded/embedded_index.h"
#include "event_log/embedded/embedded_log.h"
#include "http/client.h"
#include "http/event_loop.h"

namespace tributary::console {

inline constexpr std::chrono::seconds kDeadline{10};
inline constexpr const char* kEvent =
    R"({"specversion":"1.0","id":"e1","source":"/api","type":"order","subject":"1",)"
    R"("time":"2026-11-23T06:00:00.000Z","data":{"id":1,"note":"wait for me"}})";

inline std::string document(int offset) {
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
            ASSERT_TRUE(log_->create_topic(type.topic + ".dlq.actions").has_value());
        }
        document_index::EmbeddedIndexSettings index_settings;
        index_settings.path = folder_ + "/index.db";
        index_ = std::move(*document_index::EmbeddedIndex::open(index_settings));
        searcher_ = index_->make_searcher();
        inspector_ = log_->make_inspector();
        log_writer_ = log_->make_writer();
        index_writer_ = index_->make_writer();
        letters_ = std::make_unique<dead_letters::DeadLetters>(catalog_, *inspector_, *log_writer_,
                                                               *searcher_, *index_writer_, clock_);
        ConsoleSettings settings;
        settings.log = "Kafka at broker:9092";
        settings.index = "embedded";
        console_ = std::make_unique<Console>(
            settings, catalog_, *searcher_, *inspector_, *letters_,
            [] { return std::vector<PartStatus>(); }, clock_);
        loop_.start(1);
        guard_ = std::make_unique<Guard>(GuardSettings(), *console_, clock_);
        server_ = std::move(*http::Server::listen(loop_, {}, *guard_));
    }
    void TearDown() override {
        server_->drain(std::chrono::milliseconds(100));
        loop_.stop();
        console_.reset();
        letters_.reset();
        log_writer_.reset();
        index_writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    std::string origin() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }
    http::Response send(http::Request request) {
        http::Client client(*http::Url::parse(origin()));
        auto response = client.send(std::move(request), kDeadline);
        EXPECT_TRUE(response.has_value()) << response.error().message;
        return response.value_or(http::Response());
    }
    http::Response get(const std::string& target, const std::string& method = "GET") {
        http::Request request;
        request.method = method;
        request.target = target;
        return send(std::move(request));
    }
    /// As the page itself does it.
    http::Response post(const std::string& target, const std::string& body) {
        http::Request request;
        request.method = "POST";
        request.target = target;
        request.body = body;
        request.headers.set("Content-Type", "application/json");
        request.headers.set("Origin", origin());
        return send(std::move(request));
    }
    void append_event() { append({"orders", "1", kEvent, {}}); }
    /// A letter of orders/0 at that offset.
    void append_letter(int offset) {
        append({"orders.dlq",
                "k",
                R"({"total":{"eur":1}})",
                {{"dlq-reason", "mapping_conflict"},
                 {"dlq-event-id", "e" + std::to_string(offset)},
                 {"dlq-origin-topic", "orders"},
                 {"dlq-origin-partition", "0"},
                 {"dlq-origin-offset", std::to_string(offset)}}});
    }
    void append(event_log::NewRecord record) {
        std::promise<std::string> failure;
        const auto writer = log_->make_writer();
        std::vector<event_log::NewRecord> records;
        records.push_back(std::move(record));
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
    std::unique_ptr<event_log::Writer> log_writer_;
    std::unique_ptr<document_index::Writer> index_writer_;
    std::unique_ptr<dead_letters::DeadLetters> letters_;
    std::unique_ptr<Console> console_;
    std::unique_ptr<Guard> guard_;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

}  // namespace tributary::console
