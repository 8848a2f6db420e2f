#pragma once

#include <map>
#include <set>

#include "document_index/contract/fixture.h"

/// Contract suite, reading: what is found, in which order, page by page.
namespace tributary::document_index {

TEST_P(DocumentIndexContract, AnUnknownIndexIsEmpty) {
    Query unknown;
    unknown.indices = {"never-written-index"};
    unknown.text = "word";
    const auto page = search(unknown);
    EXPECT_EQ(page.total, 0U);
    EXPECT_TRUE(page.hits.empty());
    EXPECT_TRUE(page.cursor.empty());
    const auto hit = searcher().get("never-written-index", "a");
    ASSERT_FALSE(hit);
    EXPECT_EQ(hit.error().code, ErrorCode::not_found);
    EXPECT_TRUE(searcher().count_by_partition("never-written-index", "orders", {{0, 10}})->empty());
}

TEST_P(DocumentIndexContract, AQueryWithoutIndicesFindsNothing) {
    create_many(orders(), "o", 1);
    search_until(query(), 1);
    EXPECT_EQ(search(Query()).total, 0U);
}

TEST_P(DocumentIndexContract, GetSaysNotFound) {
    create_many(orders(), "o", 1);
    const auto hit = searcher().get(orders(), "other");
    ASSERT_FALSE(hit);
    EXPECT_EQ(hit.error().code, ErrorCode::not_found);
    EXPECT_FALSE(searcher().get(products(), "o0"));
}

TEST_P(DocumentIndexContract, FindsTheNewestFirstWhateverTheOrderOfWriting) {
    const DocumentBuilder old{.id = "old", .sequence = 1};
    const DocumentBuilder newest{.id = "newest", .sequence = 3};
    const DocumentBuilder middle{.id = "middle", .sequence = 2};
    write({middle.create(orders()), newest.create(products())});
    write({old.create(orders())});
    EXPECT_EQ(ids(search_until(query(), 3)), (Ids{"newest", "middle", "old"}));
}

TEST_P(DocumentIndexContract, SearchesOnlyTheIndicesNamed) {
    create_many(orders(), "o", 2);
    create_many(products(), "p", 3);
    auto only_orders = query();
    only_orders.indices = {orders()};
    EXPECT_EQ(ids(search_until(only_orders, 2)), (Ids{"o1", "o0"}));
    EXPECT_EQ(search_until(query(), 5).hits[0].index, products());
}

TEST_P(DocumentIndexContract, AllWordsMustOccurInAnyOrderAndCase) {
    const DocumentBuilder pears{.id = "pears", .sequence = 1, .text = "Uncle Bob's dried pears 30"};
    const DocumentBuilder apples{.id = "apples", .sequence = 2, .text = "uncle ÄPFEL 30.5"};
    write({pears.create(products()), apples.create(products())});
    search_until(query(), 2);
    EXPECT_EQ(ids(search(text_query("pears uncle"))), (Ids{"pears"}));
    EXPECT_EQ(ids(search(text_query("UNCLE"))), (Ids{"apples", "pears"}));
    EXPECT_EQ(ids(search(text_query("äpfel"))), (Ids{"apples"}));
    EXPECT_EQ(ids(search(text_query("30.5"))), (Ids{"apples"}));
    EXPECT_EQ(search(text_query("pears äpfel")).total, 0U);
    EXPECT_EQ(search(text_query("pear")).total, 0U);
}

TEST_P(DocumentIndexContract, TextIsNeverQuerySyntax) {
    create_many(orders(), "o", 1);
    const DocumentBuilder words{
        .id = "w", .sequence = 5, .text = "near and or not text alpha beta"};
    write({words.create(orders())});
    search_until(query(), 2);
    EXPECT_EQ(ids(search(text_query("alpha AND beta"))), (Ids{"w"}));
    EXPECT_EQ(ids(search(text_query("NOT alpha"))), (Ids{"w"}));
    EXPECT_EQ(search(text_query("alpha OR gamma")).total, 0U);
    EXPECT_EQ(search(text_query("alph*")).total, 0U);
    EXPECT_EQ(search(text_query("-alpha gamma")).total, 0U);
}

TEST_P(DocumentIndexContract, SurvivesHostileText) {
    create_many(orders(), "o", 1);
    std::string long_text;
    while (long_text.size() < 10'000) long_text += "w" + std::to_string(long_text.size()) + ' ';
    for (const std::string& text :
         {std::string("\""), std::string("\"\"\" '"), std::string("*"), std::string("NEAR(a b, 3)"),
          std::string("text:440"), std::string("{text}:440"), std::string("^440"),
          std::string("a + b"), std::string("("), std::string(")) OR 1=1 --"), std::string("\\"),
          std::string("a\0b", 3), std::string("\xff\xfe broken utf-8 \xc3"),
          std::string("😀 \u202e \u00a0"), std::string("'; DROP TABLE documents; --"),
          std::string(10'000, '"'), std::string(10'000, 'a'), long_text}) {
        const auto page = searcher().search(text_query(text));
        // Elasticsearch may refuse broken UTF-8; nothing may be found or break.
        if (page) {
            EXPECT_LE(page->total, 1U) << text.substr(0, 40);
        } else {
            EXPECT_EQ(page.error().code, ErrorCode::invalid_input) << page.error().message;
        }
    }
    search_until(query(), 1);
}

TEST_P(DocumentIndexContract, FindsByTheEventsIdExactly) {
    const DocumentBuilder ours{.id = "a1", .sequence = 1};
    const DocumentBuilder foreign{.id = "uuid-of-source-and-a1", .sequence = 2, .event_id = "a1"};
    const DocumentBuilder other{.id = "a1-more", .sequence = 3};
    write({ours.create(orders()), foreign.create(products()), other.create(orders())});
    search_until(query(), 3);
    auto by_id = query();
    by_id.id = "a1";
    EXPECT_EQ(ids(search(by_id)), (Ids{"uuid-of-source-and-a1", "a1"}));
    by_id.id = "A1";
    EXPECT_EQ(search(by_id).total, 0U);
    by_id.id = "uuid-of-source-and-a1";
    EXPECT_EQ(search(by_id).total, 0U);
}

TEST_P(DocumentIndexContract, CombinesIdTextAndTime) {
    const DocumentBuilder order{.id = "a", .sequence = 5, .text = "red shoes"};
    write({order.create(orders())});
    auto combined = text_query("shoes");
    combined.id = "a";
    combined.after = DocumentBuilder::received_at(5);
    search_until(combined, 1);
    combined.text = "hats";
    EXPECT_EQ(search(combined).total, 0U);
    combined.text = "shoes";
    combined.after = DocumentBuilder::received_at(6);
    EXPECT_EQ(search(combined).total, 0U);
}

TEST_P(DocumentIndexContract, TimeRangesIncludeTheirBeginAndExcludeTheirEnd) {
    create_many(orders(), "o", 10);
    search_until(query(), 10);
    auto range = query();
    range.after = DocumentBuilder::received_at(3);
    range.before = DocumentBuilder::received_at(6);
    const auto page = search(range);
    EXPECT_EQ(ids(page), (Ids{"o5", "o4", "o3"}));
    EXPECT_EQ(page.total, 3U);
    range.before.reset();
    EXPECT_EQ(search(range).total, 7U);
    range.after = DocumentBuilder::received_at(11);
    EXPECT_EQ(search(range).total, 0U);
}

TEST_P(DocumentIndexContract, TakesAnyTimeAsABound) {
    create_many(orders(), "o", 1);
    auto range = query();
    range.after = *parse_rfc3339("0001-01-01T00:00:00Z");
    range.before = *parse_rfc3339("9999-12-31T23:59:59Z");
    search_until(range, 1);
    std::swap(range.after, range.before);
    EXPECT_EQ(search(range).total, 0U);
}

TEST_P(DocumentIndexContract, PagesBySkipping) {
    create_many(orders(), "o", 7);
    create_many(products(), "p", 6);
    auto page_query = query();
    page_query.size = 5;
    search_until(page_query, 13);
    std::set<std::string> seen;
    for (page_query.from = 0; page_query.from < 15; page_query.from += 5) {
        const auto page = search(page_query);
        EXPECT_EQ(page.total, 13U);
        EXPECT_EQ(page.hits.size(), page_query.from < 10 ? 5U : 3U);
        for (const auto& id : ids(page)) EXPECT_TRUE(seen.insert(id).second) << id;
    }
    EXPECT_EQ(seen.size(), 13U);
}

TEST_P(DocumentIndexContract, CursorsLeadThroughEverythingOnce) {
    create_many(orders(), "o", 25);
    create_many(products(), "p", 25);  // The same times as the orders, to make ties.
    auto page_query = query();
    page_query.size = 7;
    search_until(page_query, 50);
    std::set<std::string> seen;
    std::string last_time = "~";
    do {
        const auto page = search(page_query);
        EXPECT_EQ(page.total, 50U);
        for (const auto& hit : page.hits) {
            EXPECT_TRUE(seen.insert(hit.id).second) << hit.id << " came twice";
            const auto time = hit.json.substr(hit.json.find("received_at"), 45);
            EXPECT_LE(time, last_time);
            last_time = time;
        }
        page_query.cursor = page.cursor;
    } while (!page_query.cursor.empty() && seen.size() < 100);
    EXPECT_EQ(seen.size(), 50U);
}

TEST_P(DocumentIndexContract, TheLastPageHasNoCursor) {
    create_many(orders(), "o", 6);
    auto page_query = query();
    page_query.size = 6;
    EXPECT_TRUE(search_until(page_query, 6).cursor.empty());
    page_query.size = 3;
    page_query.cursor = search(page_query).cursor;
    EXPECT_FALSE(page_query.cursor.empty());
    EXPECT_TRUE(search(page_query).cursor.empty());
}

TEST_P(DocumentIndexContract, ACursorKeepsItsPlaceWhenNewDocumentsArrive) {
    create_many(orders(), "old", 4);
    auto page_query = query();
    page_query.size = 2;
    page_query.cursor = search_until(page_query, 4).cursor;
    create_many(orders(), "new", 3, 1000);
    auto all = query();
    search_until(all, 7);
    EXPECT_EQ(ids(search(page_query)), (Ids{"old1", "old0"}));
}

TEST_P(DocumentIndexContract, RefusesLimitsThatAreExceeded) {
    for (const auto& [from, size] :
         {std::pair<std::size_t, std::size_t>{0, 1001}, {9'990, 11}, {SIZE_MAX, 20}}) {
        auto too_much = query();
        too_much.from = from;
        too_much.size = size;
        const auto page = searcher().search(too_much);
        ASSERT_FALSE(page);
        EXPECT_EQ(page.error().code, ErrorCode::invalid_input);
    }
    auto just_right = query();
    just_right.from = 9'000;
    just_right.size = 1'000;
    EXPECT_TRUE(search(just_right).hits.empty());
}

TEST_P(DocumentIndexContract, RefusesForeignCursors) {
    create_many(orders(), "o", 1);
    for (const std::string cursor : {"x", "v9", "🙂", "e1:", "0", "e1.ffffffffffffffffff.1"}) {
        auto foreign = query();
        foreign.cursor = cursor;
        const auto page = searcher().search(foreign);
        ASSERT_FALSE(page) << cursor;
        EXPECT_EQ(page.error().code, ErrorCode::invalid_input);
    }
}

TEST_P(DocumentIndexContract, SizeZeroCountsOnly) {
    create_many(orders(), "o", 3);
    auto count = query();
    count.size = 0;
    const auto page = search_until(count, 3);
    EXPECT_TRUE(page.hits.empty());
}

TEST_P(DocumentIndexContract, CountsDocumentsByPartitionBelowABound) {
    for (std::int64_t i = 0; i < 12; ++i) {
        const DocumentBuilder order{.id = "o" + std::to_string(i),
                                    .sequence = i,
                                    .partition = static_cast<std::int32_t>(i % 3)};
        write({order.create(orders())});
    }
    search_until(query(), 12);
    using Counts = std::map<std::int32_t, std::uint64_t>;
    // Partition 0 has the offsets 0, 3, 6, 9 and partition 1 has 1, 4, 7, 10.
    EXPECT_EQ(*searcher().count_by_partition(orders(), "orders", {{0, 9}, {1, 100}, {7, 5}}),
              (Counts{{0, 3}, {1, 4}}));
    EXPECT_TRUE(searcher().count_by_partition(orders(), "products", {{0, 9}})->empty());
    EXPECT_TRUE(searcher().count_by_partition(products(), "orders", {{0, 9}})->empty());
    EXPECT_TRUE(searcher().count_by_partition(orders(), "orders", {})->empty());
}

TEST_P(DocumentIndexContract, FindsDeadLettersWithoutPipelineFields) {
    const Document letter(
        Document::Operation::put, kDeadLettersIndex, "letter-1",
        R"({"@timestamp":"2026-11-23T06:00:00.123Z","id":"e1","reason":"id_reused","text":"reused"})");
    EXPECT_TRUE(std::holds_alternative<Created>(write_one(letter)));
    Query letters;
    letters.indices = {kDeadLettersIndex};
    letters.text = "reused";
    letters.id = "e1";
    EXPECT_EQ(ids(search_until(letters, 1)), (Ids{"letter-1"}));
}

}  // namespace tributary::document_index
