#pragma once

#include <map>
#include <set>

#include "document_index/contract/fixture.h"

/// Contract suite, writing: what becomes of each document.
namespace tributary::document_index {

TEST_P(DocumentIndexContract, CreatesADocumentAndGetsItBack) {
    const DocumentBuilder order{.id = "a"};
    EXPECT_TRUE(std::holds_alternative<Created>(write_one(order.create(orders()))));
    const auto hit = searcher().get(orders(), "a");
    ASSERT_TRUE(hit) << hit.error().message;
    EXPECT_EQ(hit->index, orders());
    EXPECT_EQ(hit->id, "a");
    EXPECT_EQ(hit->json, order.json());
}

TEST_P(DocumentIndexContract, CreateOnATakenIdSaysWhatIsStored) {
    const DocumentBuilder first{
        .id = "a", .sequence = 7, .data = R"({"total":440,"note":"ä"})", .partition = 3};
    write_one(first.create(orders()));
    const DocumentBuilder second{.id = "a", .sequence = 8, .data = R"({"total":1})", .digest = "x"};
    const auto outcome = write_one(second.create(orders()));
    const auto* taken = std::get_if<AlreadyExists>(&outcome);
    ASSERT_NE(taken, nullptr);
    EXPECT_EQ(taken->digest, "digest-of-a");
    EXPECT_EQ(taken->origin, (Origin{"orders", 3, 7}));
    EXPECT_EQ(taken->data, R"({"total":440,"note":"ä"})");
    EXPECT_EQ(searcher().get(orders(), "a")->json, first.json());
}

TEST_P(DocumentIndexContract, CreateIsOncePerIdWithinOneBulkToo) {
    const DocumentBuilder order{.id = "a"};
    const auto outcomes = write({order.create(orders()), order.create(orders())});
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes.at(0)));
    EXPECT_TRUE(std::holds_alternative<AlreadyExists>(outcomes.at(1)));
}

TEST_P(DocumentIndexContract, TheSameIdInTwoIndicesIsTwoDocuments) {
    const DocumentBuilder document{.id = "a"};
    const auto outcomes = write({document.create(orders()), document.create(products())});
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes.at(0)));
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes.at(1)));
    search_until(query(), 2);
}

TEST_P(DocumentIndexContract, PutOverwritesAndIsFoundByItsNewWordsOnly) {
    const DocumentBuilder open{.id = "a", .sequence = 1, .text = "open"};
    const DocumentBuilder redriven{.id = "a", .sequence = 2, .text = "redriven"};
    EXPECT_TRUE(std::holds_alternative<Created>(write_one(open.put(kDeadLettersIndex))));
    EXPECT_TRUE(std::holds_alternative<Created>(write_one(redriven.put(kDeadLettersIndex))));
    EXPECT_EQ(searcher().get(kDeadLettersIndex, "a")->json, redriven.json());
    Query letters;
    letters.indices = {kDeadLettersIndex};
    search_until(letters, 1);
    letters.text = "redriven";
    search_until(letters, 1);
    letters.text = "open";
    search_until(letters, 0);
}

TEST_P(DocumentIndexContract, TheLastPutOfOneBulkWins) {
    const DocumentBuilder later{.id = "a", .sequence = 9, .text = "first"};
    const DocumentBuilder earlier{.id = "a", .sequence = 1, .text = "second"};
    write({later.put(kDeadLettersIndex), earlier.put(kDeadLettersIndex)});
    EXPECT_EQ(searcher().get(kDeadLettersIndex, "a")->json, earlier.json());
    Query letters;
    letters.indices = {kDeadLettersIndex};
    letters.text = "second";
    search_until(letters, 1);
}

TEST_P(DocumentIndexContract, ABulkWithRejectedDocumentsKeepsTheirNeighbours) {
    const DocumentBuilder good{.id = "good"};
    const DocumentBuilder last{.id = "last"};
    const DocumentBuilder object_for_value{.id = "conflict", .data = R"({"total":{"eur":440}})"};
    const auto outcomes = write({good.create(orders()),
                                 {Document::Operation::create, orders(), "broken", R"({"id":)"},
                                 object_for_value.create(orders()),
                                 good.create(orders()),
                                 last.create(orders())});
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes.at(0)));
    for (const auto i : {1U, 2U}) {
        const auto* rejected = std::get_if<Rejected>(&outcomes.at(i));
        ASSERT_NE(rejected, nullptr) << i;
        EXPECT_EQ(rejected->status, 400);
        // Elasticsearch renamed it in 8.x.
        EXPECT_TRUE(rejected->type == "mapper_parsing_exception" ||
                    rejected->type == "document_parsing_exception")
            << rejected->type;
        EXPECT_FALSE(rejected->reason.empty());
    }
    EXPECT_TRUE(std::holds_alternative<AlreadyExists>(outcomes.at(3)));
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes.at(4)));
    search_until(query(), 2);
}

TEST_P(DocumentIndexContract, RejectsObjectsInAListWhereValuesShouldBe) {
    const DocumentBuilder list{.id = "a", .data = R"({"total":[1,{"eur":2}]})"};
    EXPECT_TRUE(std::holds_alternative<Rejected>(write_one(list.create(orders()))));
}

TEST_P(DocumentIndexContract, TakesValuesThatDoNotFitAndFieldsThatNobodyNamed) {
    for (const std::string data :
         {R"({"total":"much"})", R"({"total":null})", R"({"total":[1,2]})", R"({"name":"x"})",
          R"({"unknown":{"deep":[{"er":1}]},"total":1e400})"}) {
        const DocumentBuilder unique{.id = std::to_string(std::hash<std::string>()(data)),
                                     .data = data};
        EXPECT_TRUE(std::holds_alternative<Created>(write_one(unique.create(orders())))) << data;
    }
}

TEST_P(DocumentIndexContract, RejectsIdsThatNoIndexTakes) {
    const DocumentBuilder document{.id = std::string(513, 'i')};
    EXPECT_TRUE(std::holds_alternative<Rejected>(write_one(document.create(orders()))));
}

TEST_P(DocumentIndexContract, TakesLargeDocuments) {
    std::string words;
    for (int i = 0; i < 200'000; ++i) words += "w" + std::to_string(i) + ' ';
    const DocumentBuilder large{.id = "large", .text = words + "needle"};
    ASSERT_TRUE(std::holds_alternative<Created>(write_one(large.create(orders()))));
    const auto page = search_until(text_query("w199999 needle"), 1);
    ASSERT_EQ(page.hits.size(), 1U);
    EXPECT_TRUE(page.hits[0].json == large.json());
}

TEST_P(DocumentIndexContract, AnEmptyBulkHasNoOutcomes) {
    EXPECT_TRUE(write({}).empty());
}

/// An index elsewhere is asked first; a writer that was just made may not know yet.
TEST_P(DocumentIndexContract, IsReadyOnceItHasAnswered) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    auto ready = writer().ready();
    while (!ready && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        ready = writer().ready();
    }
    EXPECT_TRUE(ready) << ready.error().message;
}

TEST_P(DocumentIndexContract, OneOfManyConcurrentCreatesWins) {
    constexpr int kThreads = 4;
    constexpr int kDocuments = 50;
    const auto second_writer = another_writer();
    std::vector<std::future<int>> created;
    for (int thread = 0; thread < kThreads; ++thread) {
        auto& mine = thread % 2 == 0 ? writer() : *second_writer;
        created.push_back(std::async(std::launch::async, [this, &mine] {
            int count = 0;
            for (int i = 0; i < kDocuments; ++i) {
                const DocumentBuilder order{.id = "d" + std::to_string(i), .sequence = i};
                const auto outcomes = write_and_wait(mine, {order.create(orders())});
                EXPECT_TRUE(outcomes) << outcomes.error().message;
                if (!outcomes) return count;
                count += std::holds_alternative<Created>(outcomes->at(0)) ? 1 : 0;
            }
            return count;
        }));
    }
    int total = 0;
    for (auto& count : created) total += count.get();
    EXPECT_EQ(total, kDocuments);
    search_until(query(), kDocuments);
}

TEST_P(DocumentIndexContract, TheDestructorDeliversEveryOutcome) {
    int delivered = 0;
    {
        const auto short_lived = another_writer();
        for (int i = 0; i < 20; ++i) {
            const DocumentBuilder order{.id = "d" + std::to_string(i)};
            short_lived->write({order.create(orders())}, [&](const auto&) { ++delivered; });
        }
    }
    EXPECT_EQ(delivered, 20);
}

}  // namespace tributary::document_index
