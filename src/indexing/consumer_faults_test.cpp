#include "indexing/consumer_fixture.h"

/// What the Consumer does while its surroundings fail: wait, say so, keep memory flat, lose
/// nothing.
namespace tributary::indexing {
namespace {

using document_index::Rejected;

TEST_F(ConsumerTest, AnUnreachableIndexPausesAndRecovers) {
    append_events(30);
    index.fail_requests(ErrorCode::unavailable, "The API key has expired.");
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return reader().paused.contains(orders); }));
    const auto ready = consumer().ready();
    ASSERT_FALSE(ready);
    EXPECT_NE(ready.error().message.find("The API key has expired."), std::string::npos);
    const int polls = reader().polls;
    EXPECT_FALSE(turn_until([&] { return committed() > 0 || letters.tried > 0; }));
    EXPECT_GT(reader().polls, polls + 100);  // It goes on polling: membership is kept.
    index.recover();
    ASSERT_TRUE(turn_until_committed(30));
    EXPECT_TRUE(consumer().ready());
    EXPECT_FALSE(reader().paused.contains(orders));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 30}));
    EXPECT_GE(std::stoi(line_of("tributary_index_retried_documents_total")), 30);
}

TEST_F(ConsumerTest, AnIndexThatCameBackIsTriedWithFewDocuments) {
    settings.max_batch_documents = 64;
    append_events(100);
    index.fail_requests(ErrorCode::retry_later, "Overloaded.");
    reader().assign(orders);
    turn_until([&] { return index.bulk_sizes.size() >= 12; });
    EXPECT_EQ(index.bulk_sizes.back(), 1U);
    index.recover();
    index.bulk_sizes.clear();
    ASSERT_TRUE(turn_until_committed(100));
    EXPECT_EQ(index.bulk_sizes.front(), 1U);
    EXPECT_GT(*std::ranges::max_element(index.bulk_sizes), 1U);
}

TEST_F(ConsumerTest, RetriesOfAFailingIndexBackOff) {
    settings.min_backoff = std::chrono::milliseconds(100);
    settings.max_backoff = std::chrono::milliseconds(10'000);
    append_events(1);
    index.fail_requests(ErrorCode::unavailable, "Away.");
    reader().assign(orders);
    const auto begin = clock.now();
    turn_until([&] { return clock.now() - begin > std::chrono::seconds(20); });
    EXPECT_LT(index.bulk_sizes.size(), 60U);
    EXPECT_GT(index.bulk_sizes.size(), 3U);
}

TEST_F(ConsumerTest, ARejectionThatNoDocumentCanCauseIsTheEnvironments) {
    append_events(10);
    bool has_expired = true;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (has_expired) return Rejected{403, "security_exception", "no permission"};
        return index.keep(document);
    });
    reader().assign(orders);
    EXPECT_FALSE(turn_until([&] { return letters.tried > 0; }));
    EXPECT_FALSE(consumer().ready());
    has_expired = false;
    EXPECT_TRUE(turn_until_committed(10));
    EXPECT_TRUE(consumer().ready());
}

TEST_F(ConsumerTest, AnAnswerWithTooFewOutcomesIsNotTrusted) {
    class ShortIndex final : public document_index::Writer {
    public:
        void write(std::vector<document_index::Document>, Done done) override {
            done(std::vector<document_index::WriteOutcome>());
        }
        [[nodiscard]] Result<void> ready() const override { return {}; }
    };
    ShortIndex short_index;
    telemetry::Log log({.service = "test", .minimum = telemetry::Level::error, .fd = -1}, clock);
    const auto catalog = event::Catalog::built_in();
    Consumer suspicious(settings, catalog, letters, short_index, metrics, log, tracer, clock);
    ScriptedReader one(suspicious.listener());
    one.append(orders, event("a"));
    one.assign(orders);
    for (int i = 0; i < 50; ++i) suspicious.turn(one);
    EXPECT_TRUE(one.committed.empty());
    EXPECT_FALSE(suspicious.ready());
}

TEST_F(ConsumerTest, AMomentWithoutRoomDoesNotPause) {
    settings.max_buffered_records = 100;
    settings.max_batch_documents = 20;
    settings.max_full_wait = std::chrono::hours(1);
    append_events(1000);
    index.hold();
    reader().assign(orders);
    turn(200);
    EXPECT_FALSE(reader().paused.contains(orders));
    EXPECT_LE(reader().delivered, 100U);
    const int polls = reader().polls;
    turn(20);
    EXPECT_EQ(reader().polls, polls);
    index.release();
    EXPECT_TRUE(turn_until_committed(1000));
}

TEST_F(ConsumerTest, MemoryStaysBoundedWhileTheIndexIsSilent) {
    settings.max_buffered_records = 100;
    settings.max_batch_documents = 20;
    append_events(1000);
    index.hold();
    reader().assign(orders);
    turn(200);
    EXPECT_TRUE(reader().paused.contains(orders));
    EXPECT_LE(reader().delivered, 120U);
    index.release();
    EXPECT_TRUE(turn_until_committed(1000));
    EXPECT_FALSE(reader().paused.contains(orders));
}

TEST_F(ConsumerTest, MemoryIsBoundedInBytesToo) {
    settings.max_buffered_bytes = 200'000;
    settings.max_batch_documents = 10;
    for (int i = 0; i < 300; ++i) {
        reader().append(orders, event("e" + std::to_string(i),
                                      R"({"note":")" + std::string(10'000, 'x') + R"("})"));
    }
    index.hold();
    reader().assign(orders);
    turn(200);
    EXPECT_LE(reader().delivered, 40U);
    index.release();
    EXPECT_TRUE(turn_until_committed(300));
}

TEST_F(ConsumerTest, RecordsWithTheIdOfOneThatIsStuckStopTheirPartitionAlone) {
    const TopicPartition other{"orders", 1};
    settings.max_buffered_records = 100;
    settings.max_batch_documents = 20;
    settings.successes_per_failing_item = 1'000'000;
    bool is_stuck = true;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (is_stuck && document.id == "hot") return document_index::TryAgain{503, "stuck"};
        return index.keep(document);
    });
    for (int i = 0; i < 1000; ++i) {
        reader().append(orders, event("hot"));
        reader().append(other, event("e" + std::to_string(i)));
    }
    reader().assign(orders);
    reader().assign(other);
    ASSERT_TRUE(turn_until([&] { return reader().committed[other].offset == 1000; }));
    EXPECT_EQ(reader().paused, std::set{orders});
    EXPECT_LE(reader().delivered, 1100U);
    is_stuck = false;
    ASSERT_TRUE(turn_until_committed(1000));
    EXPECT_TRUE(reader().paused.empty());
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 1, .duplicates = 999}));
}

TEST_F(ConsumerTest, APartitionDoesNotRunFarAheadOfAnItemThatIsStuck) {
    settings.max_uncommitted_records = 200;
    settings.max_batch_documents = 50;
    settings.successes_per_failing_item = 1'000'000;
    append_events(1000);
    bool is_stuck = true;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (is_stuck && document.id == "e0") return document_index::TryAgain{503, "stuck"};
        return index.keep(document);
    });
    reader().assign(orders);
    turn_until([&] { return reader().delivered == 1000; });
    EXPECT_LE(reader().delivered, 300U);
    EXPECT_TRUE(reader().paused.contains(orders));
    is_stuck = false;
    EXPECT_TRUE(turn_until_committed(1000));
}

TEST_F(ConsumerTest, WithoutItsDeadLetterNothingIsCommittedPastTheRecord) {
    letters.refuse([](const auto&) { return Error(ErrorCode::not_found, "No topic orders.dlq."); });
    append_events(2);
    reader().append(orders, "broken");
    append_events(2, "f");
    reader().append(products, event("p"));
    reader().assign(orders);
    reader().assign(products);
    ASSERT_TRUE(turn_until([&] { return reader().paused.contains(orders); }));
    EXPECT_FALSE(turn_until([&] { return committed() > 2; }));
    EXPECT_EQ(committed(), 2);
    EXPECT_FALSE(reader().paused.contains(products));  // Only its own partition waits.
    EXPECT_EQ(reader().committed.at(products).offset, 1);
    EXPECT_NE(consumer().ready().error().message.find("No topic orders.dlq."), std::string::npos);
    letters.refuse({});
    ASSERT_TRUE(turn_until_committed(5));
    EXPECT_TRUE(consumer().ready());
    EXPECT_FALSE(reader().paused.contains(orders));
    EXPECT_EQ(letters.written.size(), 1U);
}

TEST_F(ConsumerTest, ALetterWhoseFateIsUnknownIsWrittenAgain) {
    int times = 0;
    letters.refuse([&](const auto&) -> std::optional<Error> {
        if (++times < 3) return Error(ErrorCode::timed_out, "No answer.");
        return std::nullopt;
    });
    reader().append(orders, "broken");
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(1));
    EXPECT_EQ(counts(), (ledger::Counts{.dead_lettered = 1}));
}

TEST_F(ConsumerTest, ALetterThatIsTooLargeGoesWithoutItsValue) {
    letters.refuse([](const event_log::NewRecord& letter) -> std::optional<Error> {
        if (letter.value.size() < 1000) return std::nullopt;
        return Error(ErrorCode::invalid_input, "Too large.");
    });
    reader().append(orders, std::string(5000, 'x'));
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(1));
    ASSERT_EQ(letters.written.size(), 1U);
    const auto value = boost::json::parse(letters.written[0].value);
    EXPECT_EQ(value.at("bytes").to_number<int>(), 5000);
    EXPECT_EQ(value.at("origin").at("topic").as_string(), "orders");
}

TEST_F(ConsumerTest, ALetterCountsOnlyOnceItIsWritten) {
    letters.hold();
    reader().append(orders, "broken");
    reader().assign(orders);
    turn(50);
    EXPECT_EQ(committed(), -1);
    letters.release();
    EXPECT_TRUE(turn_until_committed(1));
}

TEST_F(ConsumerTest, ALetterWhoseDocumentIsRefusedIsDoneBecauseTheLogHasIt) {
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (document.index == document_index::kDeadLettersIndex) {
            return Rejected{400, "document_parsing_exception", "no"};
        }
        return index.keep(document);
    });
    reader().append(orders, "broken");
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(1));
    EXPECT_EQ(counts(), (ledger::Counts{.dead_lettered = 1}));
    EXPECT_EQ(letters.written.size(), 1U);
}

TEST_F(ConsumerTest, ALogThatCannotBeReadIsTriedAgain) {
    reader().poll_failure = Error(ErrorCode::unavailable, "The log does not answer.");
    turn(2);
    EXPECT_EQ(consumer().ready().error().message, "The log does not answer.");
    reader().poll_failure.reset();
    append_events(1);
    reader().assign(orders);
    EXPECT_TRUE(turn_until_committed(1));
    EXPECT_TRUE(consumer().ready());
}

TEST_F(ConsumerTest, OffsetsThatCannotBeCommittedAreTriedAgain) {
    reader().commit_failure = Error(ErrorCode::unavailable, "The disk is full.");
    append_events(3);
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return !consumer().ready() && index.documents.size() == 3; }));
    reader().commit_failure.reset();
    EXPECT_TRUE(turn_until_committed(3));
    EXPECT_TRUE(consumer().ready());
}

}  // namespace
}  // namespace tributary::indexing
