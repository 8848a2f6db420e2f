#include <thread>

#include "indexing/consumer_fixture.h"

/// Partitions come and go: nothing is committed that is not done, nothing that is not ours.
namespace tributary::indexing {
namespace {

TEST_F(ConsumerTest, GoesOnWhereAnotherMemberStoppedAndKeepsItsCounts) {
    append_events(8);
    reader().committed[orders] = {
        5, ledger::encode({.indexed = 3, .duplicates = 1, .dead_lettered = 1})};
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(8));
    EXPECT_EQ(index.documents.size(), 3U);
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 6, .duplicates = 1, .dead_lettered = 1}));
}

TEST_F(ConsumerTest, CountsFromAnOffsetThatSomebodyElseCommitted) {
    append_events(8);
    for (const std::string& metadata :
         {std::string(), std::string("somebody's"), ledger::encode({.indexed = 3})}) {
        reader().committed[orders] = {5, metadata};
        reader().assign(orders);
        ASSERT_TRUE(turn_until_committed(8)) << metadata;
        EXPECT_EQ(counts(), (ledger::Counts{.base = 5, .indexed = 3})) << metadata;
    }
}

TEST_F(ConsumerTest, LeavesAPartitionAloneWhoseCountsAreNewer) {
    append_events(8);
    const std::string newer = R"({"v":2})";
    reader().committed[orders] = {5, newer};
    reader().assign(orders);
    EXPECT_FALSE(turn_until([&] { return !index.documents.empty(); }));
    EXPECT_NE(consumer().ready().error().message.find("version 2"), std::string::npos);
    EXPECT_TRUE(reader().paused.contains(orders));
    EXPECT_EQ(reader().committed.at(orders).metadata, newer);
}

TEST_F(ConsumerTest, CountsRecordsThatTheLogNoLongerHas) {
    append_events(10);
    auto& records = reader().log[orders];
    records.erase(records.begin(), records.begin() + 4);
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(10));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 6, .missing = 4}));
}

TEST_F(ConsumerTest, BeginsAnewWhenTheLogDoes) {
    append_events(10);
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(10));
    reader().log[orders].clear();
    append_events(3, "new");
    reader().seek(orders, 0);
    ASSERT_TRUE(turn_until_committed(3));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 3}));
}

/// The record in front never ends: its partition is lost with the answer outstanding.
TEST_F(ConsumerTest, ARecordThatWaitsForALostOneWithItsIdGoesOn) {
    const TopicPartition other{"orders", 1};
    index.hold();
    reader().append(other, event("a"));
    reader().assign(other);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    reader().append(orders, event("a"));
    reader().assign(orders);
    turn(10);
    EXPECT_EQ(index.held(), 1U);
    reader().lose(other);
    index.release();
    ASSERT_TRUE(turn_until_committed(1));
    EXPECT_EQ(counts(), (ledger::Counts{.duplicates = 1}));
}

TEST_F(ConsumerTest, ARecordThatWaitsForAnotherGoesWithItsPartition) {
    index.hold();
    reader().append(orders, event("a"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    reader().append(orders, event("a"));
    turn(10);
    reader().lose(orders);
    index.release();
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(2));
    EXPECT_EQ(index.bulk_sizes, (std::vector<std::size_t>{1, 2}));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 1, .duplicates = 1}));
}

TEST_F(ConsumerTest, ARevokedPartitionWaitsForWhatIsInFlight) {
    settings.revoke_wait = std::chrono::seconds(5);
    append_events(5);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    std::jthread answers([&] { index.release(); });
    reader().revoke(orders);
    turn();
    EXPECT_EQ(committed(), 5);
    EXPECT_TRUE(consumer().positions().empty());
}

TEST_F(ConsumerTest, ARevokedPartitionCommitsWhatIsDoneAndForgetsTheRest) {
    settings.max_batch_documents = 4;
    append_events(12);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 2; }));
    index.release_one(0);
    reader().revoke(orders);
    turn();
    EXPECT_EQ(committed(), 4);
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 4}));
    index.release();  // Too late: an answer of an older generation.
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(12));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 12}));
    EXPECT_EQ(index.documents.size(), 12U);
}

TEST_F(ConsumerTest, ARevokeTakesNoLongerThanItsWait) {
    append_events(5);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    const auto begin = clock.now();
    reader().revoke(orders);
    turn();
    EXPECT_LE(clock.now() - begin, settings.revoke_wait + std::chrono::milliseconds(20));
    EXPECT_EQ(committed(), -1);
    index.release();
}

TEST_F(ConsumerTest, ALetterBegunBeforeTheRevokeIsFinished) {
    reader().append(orders, "broken");
    letters.hold();
    reader().assign(orders);
    turn(3);
    ASSERT_EQ(letters.tried, 1);
    letters.release();
    reader().revoke(orders);
    turn();
    EXPECT_EQ(committed(), 1);
    EXPECT_TRUE(index.documents.contains({"dead-letters-index", "orders-0-0"}));
}

TEST_F(ConsumerTest, ALostPartitionCommitsNothing) {
    settings.commit_interval = std::chrono::hours(1);
    append_events(5);
    reader().assign(orders);
    turn();  // The first turn commits; what is done later waits for the interval.
    ASSERT_TRUE(turn_until([&] { return consumer().positions().at(orders) == 5; }));
    reader().lose(orders);
    turn(5);
    consumer().finish(reader());
    EXPECT_EQ(committed(), -1);
}

TEST_F(ConsumerTest, LateAnswersOfALostPartitionAreIgnored) {
    append_events(5);
    ASSERT_NO_FATAL_FAILURE(lose_before_the_answer());
    turn(20);
    EXPECT_EQ(committed(), -1);
    EXPECT_TRUE(letters.written.empty());
}

TEST_F(ConsumerTest, ALateAnswerSaysNothingAboutTheRecordThatNowHasItsOffset) {
    append_events(1);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    reader().log[orders].clear();
    append_events(1, "new");
    reader().seek(orders, 0);
    ASSERT_TRUE(turn_until([&] { return index.held() == 2; }));
    index.release_one(0);
    turn(20);
    EXPECT_EQ(committed(), -1);
    index.release();
    EXPECT_TRUE(turn_until_committed(1));
}

TEST_F(ConsumerTest, AnOutageThatOutlivesItsPartitionsEndsWithTheIndex) {
    append_events(5);
    index.fail_requests(ErrorCode::unavailable, "Nobody listens.");
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return reader().paused.contains(orders); }));
    // The broker dies too: what waited is forgotten, and nothing is left that could be tried again.
    reader().lose(orders);
    turn(5);
    index.recover();
    reader().assign(orders);
    EXPECT_TRUE(turn_until_committed(5));
    EXPECT_TRUE(consumer().ready());
}

TEST_F(ConsumerTest, ALateFailureOfALostPartitionDoesNotStopTheNextOne) {
    append_events(5);
    index.fail_requests(ErrorCode::unavailable, "Nobody listens.");
    ASSERT_NO_FATAL_FAILURE(lose_before_the_answer());
    turn();
    index.recover();
    reader().assign(orders);
    EXPECT_TRUE(turn_until_committed(5));
    EXPECT_TRUE(consumer().ready());
}

TEST_F(ConsumerTest, ItemsOfALostPartitionAreNotTriedAgain) {
    settings.min_backoff = settings.max_backoff = std::chrono::seconds(10);
    append_events(3);
    int tries = 0;
    index.decide([&](const auto&) -> document_index::WriteOutcome {
        ++tries;
        return document_index::TryAgain{429, "busy"};
    });
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return tries > 0; }));
    turn();  // Takes the answers: the items wait for their next try.
    const int before = tries;
    reader().lose(orders);
    turn_until([&] { return tries > before; });
    EXPECT_EQ(tries, before);
    EXPECT_EQ(line_of("tributary_consumer_buffered_records"), "0");
}

TEST_F(ConsumerTest, AConflictDropsThatPartitionOnly) {
    append_events(3);
    reader().append(products, event("p"));
    reader().not_ours.insert(orders);
    reader().assign(orders);
    reader().assign(products);
    ASSERT_TRUE(turn_until([&] { return reader().committed.contains(products); }));
    EXPECT_EQ(committed(), -1);
    turn(5);
    EXPECT_FALSE(consumer().positions().contains(orders));
    EXPECT_TRUE(consumer().positions().contains(products));
}

TEST_F(ConsumerTest, StoppingFinishesWhatIsInFlight) {
    settings.revoke_wait = std::chrono::seconds(5);
    append_events(5);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    std::jthread answers([&] { index.release(); });
    consumer().finish(reader());
    EXPECT_EQ(committed(), 5);
    EXPECT_TRUE(reader().is_closed);
}

TEST_F(ConsumerTest, AnAnswerMayComeWhenTheConsumerIsGone) {
    append_events(5);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    restart();
    index.release();
    reader().assign(orders);
    EXPECT_TRUE(turn_until_committed(5));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 5}));
}

}  // namespace
}  // namespace tributary::indexing
