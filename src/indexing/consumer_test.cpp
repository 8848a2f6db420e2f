#include "indexing/consumer_fixture.h"

/// What becomes of records when everything works, and of each kind of bad one.
namespace tributary::indexing {
namespace {

using document_index::Rejected;
using document_index::TryAgain;

TEST_F(ConsumerTest, IndexesRecordsAndCommitsWithTheirCounts) {
    append_events(3);
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(3));
    EXPECT_EQ(index.documents.size(), 3U);
    EXPECT_TRUE(index.documents.contains({"orders-index", "e0"}));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 3}));
    EXPECT_EQ(item_count("created"), "3");
    EXPECT_EQ(consumer().positions().at(orders), 3);
}

TEST_F(ConsumerTest, TellsOfEveryNewDocumentAndOfNothingElse) {
    std::vector<std::string> created;
    consumer().on_created([&](const Item& item) { created.push_back(item.document_id); });
    reader().append(orders, event("a"));
    reader().append(orders, event("a"));
    reader().append(orders, "no json");
    reader().append(orders, event("b"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(4));
    EXPECT_EQ(created, (std::vector<std::string>{"a", "b"}));
}

TEST_F(ConsumerTest, PicksTheIndexByTopic) {
    reader().append(products, event("p"));
    reader().assign(products);
    ASSERT_TRUE(turn_until([&] { return reader().committed.contains(products); }));
    EXPECT_TRUE(index.documents.contains({"products-index", "p"}));
}

TEST_F(ConsumerTest, TellsDuplicatesFromReusedIds) {
    reader().append(orders, event("a"));
    reader().append(orders, event("a"));
    reader().append(orders, event("a", R"({ "total" : 440 })"));
    reader().append(orders, event("a", R"({"total":441})"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(4));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 1, .duplicates = 2, .dead_lettered = 1}));
    ASSERT_EQ(letters.written.size(), 1U);
    EXPECT_EQ(letters.written[0].value, event("a", R"({"total":441})"));
    EXPECT_TRUE(index.documents.contains({"dead-letters-index", "orders-0-3"}));
    EXPECT_EQ(line_of("tributary_dead_letters_total{reason=\"id_reused\"}"), "1");
}

/// Requests overtake each other in an index, so two of them may not carry one document.
TEST_F(ConsumerTest, ARecordWaitsForTheAnswerToAnotherOneWithItsId) {
    index.hold();
    reader().append(orders, event("a"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 1; }));
    reader().append(orders, event("a", R"({"total":441})"));
    reader().append(orders, event("b"));
    ASSERT_TRUE(turn_until([&] { return index.held() == 2; }));
    EXPECT_EQ(index.bulk_sizes, (std::vector<std::size_t>{1, 1}));
    EXPECT_TRUE(index.documents.contains({"orders-index", "b"}));
    index.release();
    ASSERT_TRUE(turn_until_committed(3));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 2, .dead_lettered = 1}));
}

TEST_F(ConsumerTest, OfRecordsWithOneIdTheFirstBecomesTheDocumentThoughItIsRefusedForAWhile) {
    int asked = 0;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (document.index == "orders-index" && ++asked == 1) return TryAgain{429, "full"};
        return index.keep(document);
    });
    reader().append(orders, event("a"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return asked == 1; }));
    reader().append(orders, event("a", R"({"total":441})"));
    ASSERT_TRUE(turn_until_committed(2));
    ASSERT_EQ(letters.written.size(), 1U);
    EXPECT_EQ(letters.written[0].value, event("a", R"({"total":441})"));
}

/// Each refusal has a backoff of its own, by chance: so many pairs do not keep their order by it.
TEST_F(ConsumerTest, OfRecordsWithOneIdTheFirstBecomesTheDocumentThoughARequestRefusesThemAll) {
    constexpr int kIds = 40;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (index.bulk_sizes.size() == 1) return TryAgain{429, "full"};
        return index.keep(document);
    });
    for (int i = 0; i < kIds; ++i) {
        for (const char* content : {R"({"total":0})", R"({"total":1})", R"({"total":2})"}) {
            reader().append(orders, event("e" + std::to_string(i), content));
        }
    }
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(3 * kIds));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = kIds, .dead_lettered = 2 * kIds}));
    for (int i = 0; i < kIds; ++i) {
        const auto& document = index.documents.at({"orders-index", "e" + std::to_string(i)});
        EXPECT_EQ(boost::json::parse(document).at("kafka").at("offset"), 3 * i);
    }
}

TEST_F(ConsumerTest, ManyRecordsWithOneIdShareARequest) {
    settings.max_batch_documents = 100;
    for (int i = 0; i < 1'000; ++i) reader().append(orders, event("a"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(1'000));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 1, .duplicates = 999}));
    EXPECT_LE(index.bulk_sizes.size(), 20U);
}

TEST_F(ConsumerTest, ARecordThatIsReadAgainAfterACrashIsNoDuplicate) {
    append_events(2);
    reader().commit_failure = Error(ErrorCode::unavailable, "The log is away.");
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.documents.size() == 2; }));
    restart();
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(2));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 2}));
    EXPECT_EQ(item_count("redelivery"), "2");
}

TEST_F(ConsumerTest, UndecodableRecordsBecomeDeadLetters) {
    reader().append(orders, "no json");
    reader().append(orders, "");
    reader().append(orders, event("a"));
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(3));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 1, .dead_lettered = 2}));
    EXPECT_EQ(letters.written.size(), 2U);
}

TEST_F(ConsumerTest, FollowsSampledEventsInItsLogAndNoOthers) {
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const std::string sampled = "00-" + id + "-00f067aa0ba902b7-01";
    const std::string other = "00-" + id + "-00f067aa0ba902b7-00";
    const auto append = [&](const std::string& value, const std::string& traceparent) {
        reader().append(orders, value, {{"traceparent", traceparent}});
    };
    append(event("quiet"), other);
    reader().append(orders, event("untraced"));
    append(event("header"), sampled);
    reader().append(orders,
                    event("own", R"({"total":440})", R"(,"traceparent":")" + sampled + "\""));
    append(event("header"), sampled);
    append(event("header", R"({"total":1})"), sampled);
    append("no json", sampled);
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(7));
    const std::string trace = R"("trace":{"id":")" + id + R"("})";
    EXPECT_EQ(journal.lines({"\"action\":\"index\""}).size(), 5U);
    EXPECT_EQ(journal
                  .lines({trace, "An event was indexed.", R"("id":"header","outcome":"success")",
                          R"("kafka":{"offset":2,"partition":0,"topic":"orders"})"})
                  .size(),
              1U);
    EXPECT_EQ(journal.lines({trace, "An event was indexed.", R"("id":"own")"}).size(), 1U);
    EXPECT_EQ(journal.lines({trace, "already", R"("id":"header")", "duplicate"}).size(), 1U);
    EXPECT_EQ(journal
                  .lines({trace, "An event became a dead letter.",
                          R"("id":"header","outcome":"failure","reason":"id_reused")"})
                  .size(),
              1U);
    EXPECT_EQ(journal.lines({trace, "An event became a dead letter.", "undecodable"}).size(), 1U);
    EXPECT_TRUE(journal.lines({"quiet"}).empty());
    EXPECT_TRUE(journal.lines({"untraced"}).empty());
}

TEST_F(ConsumerTest, ASpanGoesOnFromTheRecordsHeader) {
    const std::string id = "4bf92f3577b34da6a3ce929d0e0e4736";
    const auto append = [&](const std::string& value, const std::string& span) {
        reader().append(orders, value, {{"traceparent", "00-" + id + "-" + span}});
    };
    append(event("a"), "00f067aa0ba902b7-01");
    append(event("b"), "00f067aa0ba902b7-01");
    append(event("c"), "b7ad6b7169203331-01");
    append("no json", "c7ad6b7169203332-01");
    append(event("d"), "b7ad6b7169203331-00");
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(5));
    std::map<std::string, tracing::Span> by_parent;
    for (tracing::Span& span : spans.take(10)) by_parent.emplace(span.parent_id, std::move(span));
    ASSERT_EQ(by_parent.size(), 3U);
    const tracing::Span& two = by_parent.at("00f067aa0ba902b7");
    EXPECT_EQ(two.name, "index orders");
    EXPECT_EQ(two.kind, tracing::Span::Kind::consumer);
    EXPECT_EQ(two.context.trace_id, id);
    EXPECT_EQ(two.failure, "");
    const std::pair<std::string, tracing::Span::Value> both("messaging.batch.message_count",
                                                            std::int64_t{2});
    EXPECT_EQ(std::ranges::count(two.attributes, both), 1);
    EXPECT_EQ(by_parent.at("c7ad6b7169203332").failure, "undecodable");
    EXPECT_GT(two.duration.count(), 0);
}

TEST_F(ConsumerTest, TheLogQuotesNothingOfADeadLettersContent) {
    append_events(1);
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (document.index != "orders-index") return index.keep(document);
        return Rejected{400, "document_parsing_exception", "Preview of field's value: 'secret'"};
    });
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(1));
    EXPECT_EQ(journal
                  .lines({"A record becomes a dead letter.", R"("code":"400")",
                          R"("type":"mapping_conflict")"})
                  .size(),
              1U);
    EXPECT_TRUE(journal.lines({"secret"}).empty());
}

TEST_F(ConsumerTest, RejectedDocumentsBecomeDeadLettersAndTheirNeighboursDocuments) {
    append_events(5);
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (document.index == "orders-index" && document.id == "e2") {
            return Rejected{400, "document_parsing_exception", "an object, not a number"};
        }
        return index.keep(document);
    });
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(5));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 4, .dead_lettered = 1}));
    const auto letter =
        boost::json::parse(index.documents.at({"dead-letters-index", "orders-0-2"}));
    EXPECT_EQ(letter.at("id").as_string(), "e2");
    EXPECT_EQ(letter.at("reason").as_string(), "mapping_conflict");
    EXPECT_EQ(letter.at("status").to_number<int>(), 400);
}

TEST_F(ConsumerTest, RetriesOnlyTheRefusedItems) {
    append_events(4);
    std::map<std::string, int> tries;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (++tries[document.id] < 4 && document.id == "e1") return TryAgain{429, "busy"};
        return index.keep(document);
    });
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(4));
    EXPECT_EQ(tries, (std::map<std::string, int>{{"e0", 1}, {"e1", 4}, {"e2", 1}, {"e3", 1}}));
    EXPECT_EQ(line_of("tributary_index_retried_documents_total"), "3");
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 4}));
    EXPECT_TRUE(letters.written.empty());
}

TEST_F(ConsumerTest, NothingIsCommittedPastAnItemThatIsStillTried) {
    settings.successes_per_failing_item = 1000;
    append_events(20);
    bool is_refusing = true;
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (is_refusing && document.id == "e5") return TryAgain{503, "shard away"};
        return index.keep(document);
    });
    reader().assign(orders);
    EXPECT_FALSE(turn_until([&] { return committed() > 5; }));
    EXPECT_EQ(committed(), 5);
    EXPECT_EQ(index.documents.size(), 19U);
    is_refusing = false;
    EXPECT_TRUE(turn_until_committed(20));
}

TEST_F(ConsumerTest, AnItemThatFailsAloneWhileOthersSucceedBecomesADeadLetter) {
    append_events(40);
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        if (document.id == "e3" || document.id == "e4") return TryAgain{500, "poison"};
        return index.keep(document);
    });
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(40));
    EXPECT_EQ(counts(), (ledger::Counts{.indexed = 38, .dead_lettered = 2}));
    EXPECT_EQ(line_of("tributary_dead_letters_total{reason=\"retries_exhausted\"}"), "2");
    EXPECT_EQ(letters.written.size(), 2U);
}

TEST_F(ConsumerTest, ItemsThatFailTogetherAreNeverDeadLetters) {
    append_events(30);
    index.decide([&](const auto& document) -> document_index::WriteOutcome {
        // A shard is gone: every third document fails, however often it is tried.
        if (document.id.back() % 3 == 0) return TryAgain{503, "unavailable_shards_exception"};
        return index.keep(document);
    });
    reader().assign(orders);
    EXPECT_FALSE(turn_until([&] { return letters.tried > 0; }));
    EXPECT_EQ(item_count("retries_exhausted"), "0");
}

TEST_F(ConsumerTest, SendsAtOnceWhenNothingIsInFlightAndTogetherBehindOthers) {
    settings.max_batch_age = std::chrono::seconds(1);
    reader().assign(orders);
    turn(2);
    index.hold();
    append_events(1);
    turn(2);
    ASSERT_EQ(index.bulk_sizes, std::vector<std::size_t>{1});
    append_events(3, "later");
    turn(5);
    EXPECT_EQ(index.bulk_sizes.size(), 1U);
    clock.advance(std::chrono::seconds(1));
    turn(2);
    EXPECT_EQ(index.bulk_sizes, (std::vector<std::size_t>{1, 3}));
}

TEST_F(ConsumerTest, BatchesAreBoundedByDocumentsAndBytes) {
    settings.max_batch_documents = 10;
    append_events(35);
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(35));
    EXPECT_LE(*std::ranges::max_element(index.bulk_sizes), 10U);

    index.bulk_sizes.clear();
    settings.max_batch_documents = 1000;
    settings.max_batch_bytes = 600;  // About two events.
    restart();
    append_events(20, "more");
    reader().assign(orders);
    ASSERT_TRUE(turn_until_committed(55));
    EXPECT_LE(*std::ranges::max_element(index.bulk_sizes), 3U);
}

TEST_F(ConsumerTest, AnswersOutOfOrderLeaveNoHole) {
    settings.max_batch_documents = 5;
    append_events(10);
    index.hold();
    reader().assign(orders);
    ASSERT_TRUE(turn_until([&] { return index.held() == 2; }));
    index.release_one(1);
    turn(5);
    EXPECT_EQ(committed(), -1);
    index.release();
    EXPECT_TRUE(turn_until_committed(10));
}

TEST_F(ConsumerTest, NeverWaitsLongInOnePoll) {
    reader().assign(orders);
    turn(5);
    EXPECT_LE(reader().longest_wait, std::chrono::milliseconds(100));
    EXPECT_GE(reader().longest_wait, std::chrono::milliseconds(90));  // Idle costs next to nothing.
    index.hold();
    append_events(1);
    turn(1);
    reader().longest_wait = {};
    turn(3);
    EXPECT_EQ(reader().longest_wait, std::chrono::milliseconds(0));  // Answers are awaited instead.
    index.release();
}

TEST_F(ConsumerTest, RunDrainsCommitsAndClosesWhenItIsStopped) {
    append_events(50);
    reader().assign(orders);
    std::stop_source stop;
    reader().on_commit = [&](const auto&) { stop.request_stop(); };
    consumer().run(reader(), stop.get_token());
    EXPECT_TRUE(reader().is_closed);
    EXPECT_EQ(committed(), 50);
    EXPECT_EQ(consumer().ready().error().code, ErrorCode::shutting_down);
}

TEST_F(ConsumerTest, IsNotReadyUntilTheGroupHasGivenItAShare) {
    const Error unsettled(ErrorCode::unavailable, "The group is not joined yet.");
    reader().readiness = std::unexpected(unsettled);
    turn();
    ASSERT_FALSE(consumer().ready());
    EXPECT_EQ(consumer().ready().error().message, unsettled.message);
    reader().readiness = {};
    turn();
    EXPECT_TRUE(consumer().ready());
}

TEST_F(ConsumerTest, CountsTheClientsThatWereReplaced) {
    const std::string series = "tributary_consumer_reader_replacements_total";
    turn();
    EXPECT_EQ(line_of(series), "0");
    reader().replaced = 2;
    turn(3);
    EXPECT_EQ(line_of(series), "2");
}

}  // namespace
}  // namespace tributary::indexing
