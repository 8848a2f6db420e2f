#include "dead_letters/dead_letters.h"

#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/manual_clock.h"
#include "base/rfc3339.h"
#include "dead_letters/letter_scan.h"
#include "dead_letters/render.h"
#include "document_index/embedded/embedded_index.h"
#include "event_log/embedded/embedded_log.h"

namespace tributary::dead_letters {
namespace {

using document_index::Document;
using event_log::NewRecord;

/// Hands records to a real log, but for those that a test wants to fail.
class PickyWriter final : public event_log::Writer {
public:
    explicit PickyWriter(event_log::Writer& log) : log_(log) {}

    void append(std::vector<NewRecord> records, Done done) override {
        for (const NewRecord& record : records) {
            if (!refuses || !refuses(record)) continue;
            std::vector<event_log::AppendOutcome> outcomes(
                records.size(), fail(ErrorCode::unavailable, "The log is away."));
            return done(std::move(outcomes));
        }
        log_.append(std::move(records), std::move(done));
    }
    [[nodiscard]] Result<void> ready() const override { return log_.ready(); }
    [[nodiscard]] std::size_t queued_bytes() const override { return log_.queued_bytes(); }
    [[nodiscard]] std::chrono::milliseconds expected_wait() const override {
        return log_.expected_wait();
    }
    void drain(std::chrono::milliseconds limit) override { log_.drain(limit); }

    std::function<bool(const NewRecord&)> refuses;  ///< Then the whole call fails.

private:
    event_log::Writer& log_;
};

/// Dead letters over the embedded log and index.
class DeadLettersTest : public testing::Test {
protected:
    DeadLettersTest() {
        event_log::EmbeddedLogSettings log_settings;
        log_settings.path = folder_ / "log.db";
        log_settings.free_space_reserve_bytes = 0;
        log_ = event_log::EmbeddedLog::open(log_settings, clock_).value();
        for (const event::EntityType& type : catalog_.types()) {
            for (const std::string& topic : {type.topic, event_log::dead_letter_topic(type.topic),
                                             event_log::dead_letter_actions_topic(type.topic)}) {
                EXPECT_TRUE(log_->create_topic(topic));
            }
        }
        inspector_ = log_->make_inspector();
        log_writer_ = log_->make_writer();
        picky_ = std::make_unique<PickyWriter>(*log_writer_);
        document_index::EmbeddedIndexSettings index_settings;
        index_settings.path = folder_ / "index.db";
        index_settings.free_space_reserve_bytes = 0;
        index_ = document_index::EmbeddedIndex::open(index_settings).value();
        searcher_ = index_->make_searcher();
        index_writer_ = index_->make_writer();
        letters_ = std::make_unique<DeadLetters>(catalog_, *inspector_, *picky_, *searcher_,
                                                 *index_writer_, clock_);
    }
    ~DeadLettersTest() override {
        letters_.reset();
        log_writer_.reset();
        std::filesystem::remove_all(folder_);
    }

    /// A letter of `orders` partition 0 at `offset`, as the Consumer writes it.
    void add_letter(int offset, const std::string& key = "k",
                    const std::string& reason = "mapping_conflict",
                    std::vector<event_log::RecordHeader> more = {}) {
        std::vector<event_log::RecordHeader> headers{{"traceparent", "00-1-2-01"},
                                                     {"dlq-reason", reason},
                                                     {"dlq-event-id", "e" + std::to_string(offset)},
                                                     {"dlq-origin-topic", "orders"},
                                                     {"dlq-origin-partition", "0"},
                                                     {"dlq-origin-offset", std::to_string(offset)}};
        headers.insert(headers.end(), more.begin(), more.end());
        append({"orders.dlq", key, R"({"n":)" + std::to_string(offset) + "}", std::move(headers)});
        clock_.advance(std::chrono::seconds(1));
    }
    void append(NewRecord record) {
        std::promise<void> written;
        std::vector<NewRecord> records;
        records.push_back(std::move(record));
        log_writer_->append(std::move(records), [&](const auto& outcomes) {
            EXPECT_TRUE(outcomes.at(0)) << outcomes.at(0).error().message;
            written.set_value();
        });
        written.get_future().wait();
    }
    std::vector<event_log::Record> records_of(const std::string& topic) {
        return inspector_->read({topic, 0}, 0, 1'000).value();
    }
    Report act(State leads_to, const Filter& filter, bool is_forced = false) {
        Order order;
        order.leads_to = leads_to;
        order.filter = filter;
        order.by = "ann";
        order.is_forced = is_forced;
        const auto report = letters_->act(order);
        EXPECT_TRUE(report) << report.error().message;
        return report.value_or(Report());
    }
    std::vector<std::string> listed(const Filter& filter) {
        std::vector<std::string> ids;
        const auto page = letters_->list(filter, 0, 100);
        EXPECT_TRUE(page) << page.error().message;
        for (const Letter& letter : page->letters) ids.push_back(letter.id);
        EXPECT_EQ(page->total, ids.size());
        return ids;
    }
    static Filter open() {
        Filter filter;
        filter.state = State::open;
        return filter;
    }
    static Filter with_ids(std::vector<std::string> ids) {
        Filter filter;
        filter.ids = std::move(ids);
        return filter;
    }

    ManualClock clock_;
    const event::Catalog catalog_ = event::Catalog::built_in();
    const std::filesystem::path folder_ = [] {
        std::string name = std::filesystem::temp_directory_path() / "dead-letters-XXXXXX";
        return std::filesystem::path(::mkdtemp(name.data()));
    }();
    std::unique_ptr<event_log::EmbeddedLog> log_;
    std::unique_ptr<event_log::Inspector> inspector_;
    std::unique_ptr<event_log::Writer> log_writer_;
    std::unique_ptr<PickyWriter> picky_;
    std::unique_ptr<document_index::EmbeddedIndex> index_;
    std::unique_ptr<document_index::Searcher> searcher_;
    std::unique_ptr<document_index::Writer> index_writer_;
    std::unique_ptr<DeadLetters> letters_;
};

TEST_F(DeadLettersTest, WithoutLettersThereIsAnEmptyPage) {
    EXPECT_EQ(to_json(*letters_->list({}, 0, 20)), R"({"total":0,"letters":[]})");
}

TEST_F(DeadLettersTest, ListsTheNewestFirstAndPageByPage) {
    for (int offset = 0; offset < 5; ++offset) add_letter(offset);
    const auto page = letters_->list({}, 1, 2);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->total, 5U);
    ASSERT_EQ(page->letters.size(), 2U);
    EXPECT_EQ(page->letters[0].id, "orders-0-3");
    EXPECT_EQ(page->letters[1].id, "orders-0-2");
}

TEST_F(DeadLettersTest, ARecordThatWasDeadLetteredTwiceIsOneLetter) {
    add_letter(4);
    add_letter(4);
    EXPECT_EQ(listed({}), std::vector<std::string>{"orders-0-4"});
    EXPECT_EQ(act(State::redriven, open()).count(Fate::done), 1U);
    EXPECT_EQ(records_of("orders").size(), 1U);
}

TEST_F(DeadLettersTest, FindsByEveryFilter) {
    add_letter(0, "a", "id_reused");
    const Timestamp between = clock_.now();
    add_letter(1, "b", "undecodable");
    const auto check = [&](const auto& set, std::vector<std::string> expected) {
        Filter filter;
        set(filter);
        EXPECT_EQ(listed(filter), expected);
    };
    const std::vector<std::string> first{"orders-0-0"};
    const std::vector<std::string> second{"orders-0-1"};
    check([](Filter& filter) { filter.reason = "id_reused"; }, first);
    check([](Filter& filter) { filter.key = "b"; }, second);
    check([](Filter& filter) { filter.event_id = "e1"; }, second);
    check([](Filter& filter) { filter.ids = {"orders-0-0", "x"}; }, first);
    check([&](Filter& filter) { filter.before = between; }, first);
    check([&](Filter& filter) { filter.after = between; }, second);
    check([](Filter& filter) { filter.topic = "products"; }, {});
    check([](Filter& filter) { filter.state = State::dropped; }, {});
}

TEST_F(DeadLettersTest, AnUnknownTopicIsRefusedWithTheKnownOnes) {
    Filter filter;
    filter.topic = "invoices";
    const auto page = letters_->list(filter, 0, 1);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().code, ErrorCode::invalid_input);
    EXPECT_NE(page.error().message.find("products, orders, suppliers"), std::string::npos);
}

TEST_F(DeadLettersTest, RedrivingWritesTheRecordAndWhoDidItWhen) {
    add_letter(3, "10248");
    const auto report = act(State::redriven, open());
    EXPECT_EQ(report.count(Fate::done), 1U);
    const auto records = records_of("orders");
    ASSERT_EQ(records.size(), 1U);
    EXPECT_EQ(records[0].key, "10248");
    EXPECT_EQ(records[0].value, R"({"n":3})");
    EXPECT_EQ(records[0].header("redriven-from"), "orders-0-3");
    EXPECT_EQ(records[0].header("traceparent"), "00-1-2-01");
    EXPECT_TRUE(listed(open()).empty());
    const auto letter = letters_->show("orders-0-3");
    ASSERT_TRUE(letter);
    ASSERT_TRUE(letter->action);
    EXPECT_EQ(letter->state(), State::redriven);
    EXPECT_EQ(letter->action->by, "ann");
    EXPECT_EQ(letter->action->at, clock_.now());
    EXPECT_EQ(letter->action->offset, 0);
}

TEST_F(DeadLettersTest, ASecondRedriveChangesNothing) {
    add_letter(3);
    act(State::redriven, open());
    EXPECT_TRUE(act(State::redriven, open()).outcomes.empty());
    const auto named = act(State::redriven, with_ids({"orders-0-3"}));
    ASSERT_EQ(named.count(Fate::refused), 1U);
    EXPECT_NE(named.outcomes[0].detail.find("redriven already, by ann"), std::string::npos);
    EXPECT_EQ(records_of("orders").size(), 1U);
}

TEST_F(DeadLettersTest, ALetterOfATopicMadeAnewIsAnotherOneThoughItsIdIsTheSame) {
    add_letter(3, "old", "rejected", {{"dlq-origin-timestamp", "2026-11-23T06:00:00.000Z"}});
    ASSERT_EQ(act(State::dropped, open()).count(Fate::done), 1U);
    add_letter(3, "new", "rejected", {{"dlq-origin-timestamp", "2026-11-25T06:00:00.000Z"}});
    EXPECT_EQ(listed(open()), std::vector<std::string>{"orders-0-3"});
    EXPECT_EQ(letters_->show("orders-0-3")->record.key, "new");
    EXPECT_EQ(act(State::redriven, open()).count(Fate::done), 1U);
    EXPECT_EQ(records_of("orders").at(0).key, "new");
    EXPECT_TRUE(listed(open()).empty());
    // Compaction keeps one record for each key: the two must not share one.
    const auto actions = records_of("orders.dlq.actions");
    ASSERT_EQ(actions.size(), 2U);
    EXPECT_NE(actions[0].key, actions[1].key);
}

TEST_F(DeadLettersTest, AnActionOfTheVersionBeforeCountsForTheLettersOfItsTime) {
    add_letter(3, "old", "rejected", {{"dlq-origin-timestamp", "2026-11-23T06:00:00.000Z"}});
    append({"orders.dlq.actions", "orders-0-3",
            R"({"version":1,"state":"dropped","by":"ann","at":")" + format_rfc3339(clock_.now()) +
                R"("})",
            std::vector<event_log::RecordHeader>()});
    EXPECT_TRUE(listed(open()).empty());
    clock_.advance(std::chrono::hours(1));
    add_letter(3, "new", "rejected", {{"dlq-origin-timestamp", "2026-11-25T06:00:00.000Z"}});
    ASSERT_EQ(listed(open()).size(), 1U);
    EXPECT_EQ(letters_->list(open(), 0, 1)->letters.at(0).record.key, "new");
}

TEST_F(DeadLettersTest, AnOrderThatTakesTooLongIsDoneInSeveral) {
    constexpr int kLetters = 250;
    for (int offset = 0; offset < kLetters; ++offset)
        add_letter(offset, std::to_string(offset % 7));
    picky_->refuses = [&](const NewRecord&) {
        clock_.advance(std::chrono::seconds(1));
        return false;
    };
    Order order;
    order.filter = open();
    order.time_limit = std::chrono::seconds(1);
    std::vector<std::uint64_t> left;
    do {
        const auto report = letters_->act(order);
        ASSERT_TRUE(report) << report.error().message;
        left.push_back(report->left);
    } while (left.back() > 0 && left.size() < 10);
    EXPECT_EQ(left, (std::vector<std::uint64_t>{150, 50, 0}));
    std::map<std::string, int> last;
    const auto records = records_of("orders");
    EXPECT_EQ(records.size(), std::size_t{kLetters});
    for (const auto& record : records) {
        const int number = std::stoi(record.value.substr(5));
        EXPECT_GE(number, last[record.key]);
        last[record.key] = number;
    }
}

TEST_F(DeadLettersTest, DroppingWritesOnlyTheAction) {
    add_letter(3);
    EXPECT_EQ(act(State::dropped, open()).count(Fate::done), 1U);
    EXPECT_TRUE(records_of("orders").empty());
    EXPECT_EQ(records_of("orders.dlq.actions").size(), 1U);
    Filter dropped;
    dropped.state = State::dropped;
    EXPECT_EQ(listed(dropped), std::vector<std::string>{"orders-0-3"});
}

TEST_F(DeadLettersTest, ADryRunOnlySaysWhatWouldBeDone) {
    add_letter(3);
    Order order;
    order.is_dry_run = true;
    const auto report = letters_->act(order);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->count(Fate::planned), 1U);
    EXPECT_TRUE(records_of("orders").empty());
    EXPECT_TRUE(records_of("orders.dlq.actions").empty());
    EXPECT_EQ(to_json(*report, true),
              R"({"dry_run":true,"done":0,"planned":1,"refused":0,"failed":0,"left":0,)"
              R"("outcomes":[{"letter":"orders-0-3","outcome":"planned"}]})");
}

TEST_F(DeadLettersTest, LettersOfOneKeyGoBackInTheOrderOfTheirOrigin) {
    for (const int offset : {9, 2, 5, 14, 3}) add_letter(offset, offset % 2 == 0 ? "even" : "odd");
    act(State::redriven, open());
    std::map<std::string, std::vector<std::string>> values;
    for (const auto& record : records_of("orders")) values[record.key].push_back(record.value);
    EXPECT_EQ(values["even"], (std::vector<std::string>{R"({"n":2})", R"({"n":14})"}));
    EXPECT_EQ(values["odd"], (std::vector<std::string>{R"({"n":3})", R"({"n":5})", R"({"n":9})"}));
}

TEST_F(DeadLettersTest, AfterAFailureTheLaterLettersOfTheKeyStay) {
    for (const int offset : {1, 2, 3}) add_letter(offset);
    picky_->refuses = [](const NewRecord& record) { return record.value == R"({"n":2})"; };
    const auto report = act(State::redriven, open());
    EXPECT_EQ(report.count(Fate::done), 1U);
    EXPECT_EQ(report.count(Fate::failed), 2U);
    EXPECT_EQ(records_of("orders").size(), 1U);
    picky_->refuses = nullptr;
    act(State::redriven, open());
    std::vector<std::string> values;
    for (const auto& record : records_of("orders")) values.push_back(record.value);
    EXPECT_EQ(values, (std::vector<std::string>{R"({"n":1})", R"({"n":2})", R"({"n":3})"}));
}

TEST_F(DeadLettersTest, ALetterWhoseActionIsNotWrittenStaysOpen) {
    add_letter(1);
    picky_->refuses = [](const NewRecord& record) { return record.topic == "orders.dlq.actions"; };
    const auto report = act(State::redriven, open());
    ASSERT_EQ(report.count(Fate::failed), 1U);
    EXPECT_NE(report.outcomes[0].detail.find("does no harm"), std::string::npos);
    EXPECT_EQ(records_of("orders").size(), 1U);
    EXPECT_EQ(listed(open()).size(), 1U);
}

TEST_F(DeadLettersTest, WhatCameBackThreeTimesMustBeForced) {
    add_letter(1, "k", "rejected", {{"redriven-from", "orders-0-0"}, {"redrive-count", "3"}});
    const auto refused = act(State::redriven, open());
    ASSERT_EQ(refused.count(Fate::refused), 1U);
    EXPECT_NE(refused.outcomes[0].detail.find("redriven 3 times"), std::string::npos);
    EXPECT_EQ(act(State::redriven, open(), true).count(Fate::done), 1U);
    EXPECT_EQ(records_of("orders").at(0).header("redrive-count"), "4");
}

TEST_F(DeadLettersTest, ALetterWithoutItsValueCanOnlyBeDropped) {
    add_letter(1, "k", "rejected", {{"dlq-value-sha256", "ab"}, {"dlq-value-bytes", "9"}});
    const auto report = act(State::redriven, open(), true);
    ASSERT_EQ(report.count(Fate::refused), 1U);
    EXPECT_NE(report.outcomes[0].detail.find("too large"), std::string::npos);
    EXPECT_EQ(act(State::dropped, open()).count(Fate::done), 1U);
}

TEST_F(DeadLettersTest, AnswersForEveryIdThatIsNamed) {
    add_letter(1);
    const auto report = act(State::redriven, with_ids({"orders-0-1", "orders-0-99"}));
    EXPECT_EQ(report.count(Fate::done), 1U);
    ASSERT_EQ(report.count(Fate::refused), 1U);
    EXPECT_EQ(report.outcomes[0].detail, "There is no such dead letter.");
}

TEST_F(DeadLettersTest, TellsTheIndexWhatWasDone) {
    add_letter(1);
    std::promise<bool> written;
    index_writer_->write(
        {Document(Document::Operation::put, document_index::kDeadLettersIndex, "orders-0-1",
                  R"({"id":"e1","state":"open","text":"e1","pipeline":)"
                  R"({"received_at":"2026-11-23T06:00:00.000Z"}})")},
        [&](auto outcomes) { written.set_value(outcomes.has_value()); });
    ASSERT_TRUE(written.get_future().get());
    const auto report = act(State::redriven, open());
    EXPECT_EQ(report.index_trouble, "");
    const auto hit = searcher_->get(document_index::kDeadLettersIndex, "orders-0-1");
    ASSERT_TRUE(hit);
    EXPECT_NE(hit->json.find(R"("state":"redriven")"), std::string::npos) << hit->json;
    EXPECT_NE(hit->json.find(R"("by":"ann")"), std::string::npos) << hit->json;
}

TEST_F(DeadLettersTest, ShowsBytesThatAreNoText) {
    append({"orders.dlq", "k\xff", std::string("\x00\xfe{", 3), {{"dlq-reason", "undecodable"}}});
    const auto letter = letters_->show("orders.dlq-0-0");
    ASSERT_TRUE(letter) << letter.error().message;
    EXPECT_NE(to_json(*letter).find(R"("value":"\u0000?{")"), std::string::npos)
        << to_json(*letter);
    EXPECT_EQ(letters_->show("orders.dlq-0-1").error().code, ErrorCode::not_found);
}

}  // namespace
}  // namespace tributary::dead_letters
