#include "ledger/ledger.h"

#include <algorithm>
#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <map>
#include <set>

#include "ledger/dead_letter_headers.h"

namespace tributary::ledger {
namespace {

using event_log::TopicPartition;

/// A log whose numbers the test sets.
class ScriptedInspector final : public event_log::Inspector {
public:
    Result<std::vector<TopicPartition>> partitions(const std::string& topic) override {
        if (failure) return std::unexpected(*failure);
        std::vector<TopicPartition> found;
        for (const auto& [partition, range] : ranges) {
            if (partition.topic == topic) found.push_back(partition);
        }
        if (found.empty()) return fail(ErrorCode::not_found, "There is no topic " + topic + ".");
        return found;
    }
    Result<Range> range(const TopicPartition& partition) override { return ranges.at(partition); }
    Result<event_log::CommittedOffset> committed(const std::string& group,
                                                 const TopicPartition& partition) override {
        const auto found = commits.find(partition);
        if (found == commits.end() || group != "g") return fail(ErrorCode::not_found, "None.");
        return found->second;
    }
    Result<std::vector<event_log::Record>> read(const TopicPartition& partition,
                                                std::int64_t offset,
                                                std::size_t max_records) override {
        largest_page = std::max(largest_page, max_records);
        std::vector<event_log::Record> page;
        for (const auto& record : letters[partition]) {
            if (record.offset >= offset && page.size() < max_records) page.push_back(record);
        }
        return page;
    }
    Result<std::string> engine() override { return std::string("scripted"); }

    std::map<TopicPartition, Range> ranges;
    std::map<TopicPartition, event_log::CommittedOffset> commits;
    std::map<TopicPartition, std::vector<event_log::Record>> letters;
    std::optional<Error> failure;
    std::size_t largest_page = 0;
};

/// An index that knows only where its documents came from.
class ScriptedSearcher final : public document_index::Searcher {
public:
    Result<document_index::Page> search(const document_index::Query& /*query*/) override {
        return fail(ErrorCode::internal, "The ledger does not search.");
    }
    Result<document_index::Hit> get(const std::string& /*index*/,
                                    const std::string& /*id*/) override {
        return fail(ErrorCode::internal, "The ledger does not get.");
    }
    Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string& index, const std::string& topic,
        const std::map<std::int32_t, std::int64_t>& offset_below) override {
        if (failure) return std::unexpected(*failure);
        std::map<std::int32_t, std::uint64_t> counts;
        for (const auto& origin : documents[index]) {
            const auto bound = offset_below.find(origin.partition);
            if (origin.topic == topic && bound != offset_below.end() &&
                origin.offset < bound->second) {
                ++counts[origin.partition];
            }
        }
        return counts;
    }
    Result<std::string> engine() override { return std::string("scripted"); }

    std::map<std::string, std::vector<document_index::Origin>> documents;
    std::optional<Error> failure;
};

class LedgerTest : public testing::Test {
protected:
    void commit(const TopicPartition& partition, const Counts& counts) {
        log.commits[partition] = {counts.end(), encode(counts)};
    }
    void add_documents(std::int64_t first, std::int64_t end, std::int32_t partition = 0) {
        for (auto offset = first; offset < end; ++offset) {
            index.documents["orders-index"].push_back({"orders", partition, offset});
        }
    }
    void add_letter(std::int64_t origin_offset) {
        namespace header = dead_letter_header;
        event_log::Record letter;
        letter.offset = log.ranges[letters].end++;
        letter.headers = {{header::kOriginTopic, "orders"},
                          {header::kOriginPartition, "0"},
                          {header::kOriginOffset, std::to_string(origin_offset)}};
        log.letters[letters].push_back(std::move(letter));
    }
    Ledger ledger() {
        auto result = balance(log, index, event::Catalog::built_in(), "g");
        EXPECT_TRUE(result) << result.error().message;
        return result ? *result : Ledger();
    }
    /// The one difference that there should be, or all of them.
    std::string difference() {
        std::string sentences;
        for (const auto& account : ledger().partitions) {
            for (const auto& sentence : account.differences) sentences += sentence;
        }
        return sentences;
    }

    const TopicPartition orders{"orders", 0};
    const TopicPartition letters{"orders.dlq", 0};
    ScriptedInspector log;
    ScriptedSearcher index;
};

TEST_F(LedgerTest, BalancesWhatWasIndexedRepeatedLetteredAndIsInFlight) {
    log.ranges[orders] = {0, 12};
    commit(orders, {.indexed = 6, .duplicates = 2, .dead_lettered = 2});
    add_documents(0, 6);
    add_documents(10, 11);  // Beyond what is committed: in flight, though its document is there.
    add_letter(8);
    add_letter(9);
    add_letter(9);   // Lettered again after a crash: once per origin.
    add_letter(11);  // Not committed yet.
    const auto result = ledger();
    ASSERT_EQ(result.partitions.size(), 1U);
    const auto& account = result.partitions[0];
    EXPECT_TRUE(result.is_balanced()) << difference();
    EXPECT_EQ(account.records(), 12);
    EXPECT_EQ(account.in_flight(), 2);
    EXPECT_EQ(account.documents, 6U);
    EXPECT_EQ(account.dead_letters, 2U);
}

TEST_F(LedgerTest, ASystemWithoutTopicsIsBalanced) {
    EXPECT_TRUE(ledger().is_balanced());
    EXPECT_TRUE(ledger().partitions.empty());
}

TEST_F(LedgerTest, WithoutACommitEverythingIsInFlight) {
    log.ranges[orders] = {3, 8};
    const auto result = ledger();
    EXPECT_TRUE(result.is_balanced());
    EXPECT_EQ(result.partitions[0].records(), 5);
    EXPECT_EQ(result.partitions[0].in_flight(), 5);
    ASSERT_EQ(result.partitions[0].notes.size(), 1U);
}

TEST_F(LedgerTest, CountsFromTheBaseOn) {
    log.ranges[orders] = {0, 20};
    add_documents(0, 20);
    commit(orders, {.base = 10, .indexed = 10});
    const auto result = ledger();
    EXPECT_TRUE(result.is_balanced()) << difference();
    EXPECT_EQ(result.partitions[0].records(), 10);
    EXPECT_EQ(result.partitions[0].documents, 10U);
}

TEST_F(LedgerTest, NamesAMissingDocument) {
    log.ranges[orders] = {0, 5};
    commit(orders, {.indexed = 5});
    add_documents(0, 4);
    EXPECT_EQ(difference(),
              "5 records count as indexed, but 'orders-index' has 4 documents of them.");
    EXPECT_FALSE(ledger().is_balanced());
}

TEST_F(LedgerTest, NamesAMissingDeadLetter) {
    log.ranges[orders] = {0, 2};
    commit(orders, {.dead_lettered = 2});
    add_letter(0);
    EXPECT_EQ(difference(), "2 records count as dead letters, but 'orders.dlq' names 1 of them.");
}

TEST_F(LedgerTest, NamesCountsThatDoNotEndAtTheCommittedOffset) {
    log.ranges[orders] = {0, 5};
    log.commits[orders] = {5, encode({.indexed = 4})};
    add_documents(0, 4);
    EXPECT_EQ(difference(), "The counts end at offset 4, but offset 5 is committed.");
}

TEST_F(LedgerTest, NamesRecordsThatWereGoneBeforeTheyWereRead) {
    log.ranges[orders] = {3, 5};
    commit(orders, {.indexed = 2, .missing = 3});
    add_documents(3, 5);
    EXPECT_EQ(difference(), "3 records were gone from the log before they were read.");
}

TEST_F(LedgerTest, NamesACommitBeyondTheLog) {
    log.ranges[orders] = {0, 1};
    commit(orders, {.indexed = 2});
    add_documents(0, 2);
    EXPECT_NE(difference().find("the log ends at 1"), std::string::npos);
}

TEST_F(LedgerTest, NamesMetadataThatItCannotRead) {
    log.ranges[orders] = {0, 5};
    log.commits[orders] = {4, "something else"};
    EXPECT_NE(difference().find("'something else'"), std::string::npos);
    EXPECT_EQ(ledger().partitions[0].in_flight(), 1);
    log.commits[orders] = {4, R"({"v":9})"};
    EXPECT_NE(difference().find("version 9"), std::string::npos);
    log.commits[orders] = {4, ""};
    EXPECT_NE(difference().find("without a ledger's counts"), std::string::npos);
}

TEST_F(LedgerTest, ReadsManyDeadLettersPageByPage) {
    constexpr std::int64_t kLetters = 2'345;
    log.ranges[orders] = {0, kLetters};
    commit(orders, {.dead_lettered = kLetters});
    for (std::int64_t offset = 0; offset < kLetters; ++offset) add_letter(offset);
    EXPECT_TRUE(ledger().is_balanced()) << difference();
    EXPECT_LE(log.largest_page, 1000U);
}

TEST_F(LedgerTest, FailsWhereLogOrIndexCannotBeAsked) {
    log.ranges[orders] = {0, 1};
    index.failure = Error(ErrorCode::unavailable, "The index is away.");
    EXPECT_EQ(balance(log, index, event::Catalog::built_in(), "g").error().message,
              "The index is away.");
    log.failure = Error(ErrorCode::unavailable, "The log is away.");
    EXPECT_EQ(balance(log, index, event::Catalog::built_in(), "g").error().message,
              "The log is away.");
}

TEST_F(LedgerTest, IsReadByMachines) {
    log.ranges[orders] = {0, 5};
    commit(orders, {.indexed = 2, .duplicates = 1});
    add_documents(0, 1);
    const auto parsed = boost::json::parse(to_json(ledger()));
    EXPECT_EQ(parsed.at("group").as_string(), "g");
    EXPECT_FALSE(parsed.at("balanced").as_bool());
    EXPECT_EQ(parsed.at("totals").at("records").as_int64(), 5);
    EXPECT_EQ(parsed.at("totals").at("in_flight").as_int64(), 2);
    const auto& partition = parsed.at("partitions").at(0);
    EXPECT_EQ(partition.at("topic").as_string(), "orders");
    EXPECT_EQ(partition.at("committed").as_int64(), 3);
    EXPECT_EQ(partition.at("differences").as_array().size(), 1U);
}

TEST_F(LedgerTest, IsReadByPeople) {
    log.ranges[orders] = {0, 5};
    commit(orders, {.indexed = 3});
    add_documents(0, 3);
    const auto text = render_text(ledger());
    EXPECT_NE(text.find("orders/0"), std::string::npos);
    EXPECT_NE(text.find("total"), std::string::npos);
    EXPECT_NE(text.find("balanced: yes"), std::string::npos);
    index.documents.clear();
    const auto wrong = render_text(ledger());
    EXPECT_NE(wrong.find("difference in orders/0: 3 records"), std::string::npos);
    EXPECT_NE(wrong.find("balanced: no"), std::string::npos);
}

TEST(LetterOrigin, IsNothingWhereTheHeadersDoNotSay) {
    namespace header = dead_letter_header;
    event_log::Record letter;
    EXPECT_FALSE(letter_origin(letter));
    letter.headers = {{header::kOriginTopic, "orders"},
                      {header::kOriginPartition, "0"},
                      {header::kOriginOffset, "1x"}};
    EXPECT_FALSE(letter_origin(letter));
    letter.headers.back().value = "17";
    const auto origin = letter_origin(letter);
    ASSERT_TRUE(origin);
    EXPECT_EQ(origin->offset, 17);
}

}  // namespace
}  // namespace tributary::ledger
