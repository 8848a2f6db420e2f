#include "document_index/embedded/embedded_index.h"

#include <fstream>
#include <gtest/gtest.h>
#include <memory>

#include "document_index/contract/contract_suite.h"
#include "document_index/embedded/index_tables.h"
#include "document_index/embedded/row_id.h"
#include "document_index/embedded/schema.h"
#include "document_index/embedded/temporary_directory.h"

namespace tributary::document_index {
namespace {

using std::chrono::milliseconds;

EmbeddedIndexSettings settings_for(const TemporaryDirectory& folder) {
    EmbeddedIndexSettings settings;
    settings.path = folder.file();
    settings.free_space_reserve_bytes = 0;
    settings.value_fields = {{"orders-index", {"data.total"}}};
    return settings;
}

IndexUnderTest embedded_index_under_test() {
    auto folder = std::make_shared<TemporaryDirectory>();
    std::shared_ptr<EmbeddedIndex> index = *EmbeddedIndex::open(settings_for(*folder));
    return {folder, [index] { return index->make_writer(); }, index->make_searcher(),
            "orders-index", "products-index"};
}

INSTANTIATE_TEST_SUITE_P(Embedded, DocumentIndexContract,
                         testing::Values(IndexFactory{"embedded", embedded_index_under_test}));

Query orders_query() {
    Query query;
    query.indices = {"orders-index"};
    return query;
}

std::vector<Document> orders(int count) {
    std::vector<Document> documents;
    for (int i = 0; i < count; ++i) {
        const DocumentBuilder order{.id = "o" + std::to_string(i), .sequence = i};
        documents.push_back(order.create("orders-index"));
    }
    return documents;
}

class EmbeddedIndexTest : public testing::Test {
protected:
    std::unique_ptr<EmbeddedIndex> open() {
        auto index = EmbeddedIndex::open(settings_);
        EXPECT_TRUE(index) << index.error().message;
        return std::move(*index);
    }
    ErrorCode open_error() {
        const auto index = EmbeddedIndex::open(settings_);
        EXPECT_FALSE(index);
        return index ? ErrorCode::internal : index.error().code;
    }
    sqlite::Database connection() { return std::move(*open_index_database(settings_)); }
    void execute(const std::string& sql) {
        auto database = connection();
        const auto done = database.execute(sql);
        ASSERT_TRUE(done) << done.error().message;
    }

    TemporaryDirectory folder_;
    EmbeddedIndexSettings settings_ = settings_for(folder_);
};

TEST_F(EmbeddedIndexTest, KeepsEverythingAcrossARestart) {
    ASSERT_TRUE(write_and_wait(*open()->make_writer(), orders(10)));
    const auto searcher = open()->make_searcher();
    EXPECT_EQ(searcher->search(orders_query())->total, 10U);
    EXPECT_TRUE(searcher->get("orders-index", "o3"));
}

TEST_F(EmbeddedIndexTest, RefusesANewerSchemaWithASentence) {
    open();
    execute("PRAGMA user_version = 2");
    const auto index = EmbeddedIndex::open(settings_);
    ASSERT_FALSE(index);
    EXPECT_EQ(index.error().code, ErrorCode::invalid_input);
    EXPECT_NE(index.error().message.find("newer"), std::string::npos) << index.error().message;
}

TEST_F(EmbeddedIndexTest, RefusesADatabaseThatIsNoIndex) {
    open();
    execute("PRAGMA application_id = 7");
    EXPECT_EQ(open_error(), ErrorCode::corrupt_data);
}

TEST_F(EmbeddedIndexTest, RefusesAFileThatIsNoDatabase) {
    std::ofstream(settings_.path) << std::string(10'000, 'x');
    EXPECT_EQ(open_error(), ErrorCode::corrupt_data);
}

TEST_F(EmbeddedIndexTest, RefusesAFolderThatIsNotThere) {
    settings_.path = folder_.file() + ".absent/index.db";
    EXPECT_EQ(open_error(), ErrorCode::unavailable);
}

TEST_F(EmbeddedIndexTest, RefusesWritesUnderTheReserve) {
    settings_.free_space_reserve_bytes = std::uint64_t{1} << 60;
    const auto index = open();
    const auto writer = index->make_writer();
    const auto outcomes = write_and_wait(*writer, orders(1));
    ASSERT_FALSE(outcomes);
    EXPECT_EQ(outcomes.error().code, ErrorCode::unavailable);
    EXPECT_EQ(writer->ready().error().code, ErrorCode::unavailable);
    EXPECT_EQ(index->make_searcher()->search(orders_query())->total, 0U);
}

TEST_F(EmbeddedIndexTest, AWriteThatCannotGetTheLockIsToBeRetried) {
    settings_.write_deadline = milliseconds(50);
    const auto index = open();
    const auto writer = index->make_writer();
    auto other_process = connection();
    ASSERT_TRUE(other_process.execute("BEGIN IMMEDIATE"));
    const auto refused = write_and_wait(*writer, orders(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::retry_later);
    ASSERT_TRUE(other_process.execute("ROLLBACK"));
    EXPECT_TRUE(write_and_wait(*writer, orders(1)));
}

TEST_F(EmbeddedIndexTest, SearchesGoOnWhileSomebodyWrites) {
    const auto index = open();
    ASSERT_TRUE(write_and_wait(*index->make_writer(), orders(3)));
    const auto searcher = index->make_searcher();
    auto other_process = connection();
    ASSERT_TRUE(other_process.execute("BEGIN IMMEDIATE; DELETE FROM indices"));
    EXPECT_EQ(searcher->search(orders_query())->total, 3U);
}

TEST_F(EmbeddedIndexTest, BoundsItsQueue) {
    settings_.max_queued_documents = 10;
    const auto index = open();
    const auto writer = index->make_writer();
    auto other_process = connection();
    ASSERT_TRUE(other_process.execute("BEGIN IMMEDIATE"));  // Nothing leaves the queue now.

    std::promise<Writer::Outcomes> large;
    writer->write(orders(50),
                  [&](Writer::Outcomes outcomes) { large.set_value(std::move(outcomes)); });
    EXPECT_EQ(writer->ready().error().code, ErrorCode::retry_later);
    const auto refused = write_and_wait(*writer, orders(1));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::retry_later);

    ASSERT_TRUE(other_process.execute("ROLLBACK"));
    EXPECT_EQ(large.get_future().get()->size(), 50U);
    EXPECT_TRUE(writer->ready());
}

TEST_F(EmbeddedIndexTest, ClosingAnswersWhatStillWaits) {
    std::vector<Writer::Outcomes> answers;
    {
        const auto writer = open()->make_writer();
        auto other_process = connection();
        ASSERT_TRUE(other_process.execute("BEGIN IMMEDIATE"));
        for (int i = 0; i < 3; ++i) {
            writer->write(orders(1), [&](Writer::Outcomes outcomes) {
                answers.push_back(std::move(outcomes));
            });
        }
        ASSERT_TRUE(other_process.execute("ROLLBACK"));
    }
    ASSERT_EQ(answers.size(), 3U);
    for (const auto& answer : answers) {
        EXPECT_TRUE(answer || answer.error().code == ErrorCode::shutting_down);
    }
}

TEST_F(EmbeddedIndexTest, PutFindsItsOldWordsAlsoUnderAStricterMapping) {
    const DocumentBuilder loose{.id = "a", .data = R"({"status":{"x":1}})", .text = "before"};
    const DocumentBuilder strict{.id = "a", .data = R"({"status":"x"})", .text = "after"};
    ASSERT_TRUE(write_and_wait(*open()->make_writer(), {loose.put("orders-index")}));
    settings_.value_fields["orders-index"].push_back("data.status");
    ASSERT_TRUE(write_and_wait(*open()->make_writer(), {strict.put("orders-index")}));
    auto query = orders_query();
    query.text = "before";
    EXPECT_EQ(open()->make_searcher()->search(query)->total, 0U);
    query.text = "after";
    EXPECT_EQ(open()->make_searcher()->search(query)->total, 1U);
}

TEST_F(EmbeddedIndexTest, CountsEveryDocumentOnceThroughCreatesAndPuts) {
    const auto index = open();
    const auto writer = index->make_writer();
    const DocumentBuilder letter{.id = "a"};
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(write_and_wait(*writer, {letter.put("orders-index"), letter.put("orders-index"),
                                             letter.create("orders-index")}));
    }
    EXPECT_EQ(index->make_searcher()->search(orders_query())->total, 1U);
    auto counted = orders_query();
    counted.after = DocumentBuilder::received_at(0);
    EXPECT_EQ(index->make_searcher()->search(counted)->total, 1U);
}

TEST_F(EmbeddedIndexTest, AMillisecondThatIsFullGoesOnInTheNext) {
    open();
    const auto time = DocumentBuilder::received_at(0);
    {
        auto database = connection();
        auto tables = IndexTables::open(database, "orders-index");
        ASSERT_TRUE(tables);
        // The last row of this millisecond and the first one of the next are taken.
        for (const auto row : {end_of_rows(time) - 1, end_of_rows(time)}) {
            ASSERT_TRUE(database.run("INSERT INTO entries_1 (row, id) VALUES (?1, ?1)", row));
        }
    }
    ASSERT_TRUE(write_and_wait(*open()->make_writer(), orders(1)));
    auto next = orders_query();
    next.after = time + milliseconds(1);
    next.size = 1;  // The row behind it was only made up.
    EXPECT_EQ(open()->make_searcher()->search(next)->hits.at(0).id, "o0");
}

}  // namespace
}  // namespace tributary::document_index
