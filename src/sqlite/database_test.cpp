#include "sqlite/database.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

namespace tributary::sqlite {
namespace {

class DatabaseTest : public testing::Test {
protected:
    DatabaseTest() {
        std::string pattern = testing::TempDir() + "sqliteXXXXXX";
        folder_ = ::mkdtemp(pattern.data());
        path_ = folder_ + "/x.db";
    }
    ~DatabaseTest() override { std::filesystem::remove_all(folder_); }
    Database open(int deadline_ms = 50) {
        auto database = Database::open(path_, std::chrono::milliseconds(deadline_ms));
        EXPECT_TRUE(database.has_value()) << database.error().message;
        return std::move(*database);
    }
    std::string folder_;
    std::string path_;
};

TEST_F(DatabaseTest, StoresAndReadsBackTextAndBinary) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t (a INTEGER, b TEXT, c BLOB)").has_value());
    auto insert = database.prepare("INSERT INTO t VALUES (?1, ?2, ?3)");
    ASSERT_TRUE(insert.has_value());
    insert->bind(1, std::int64_t{7});
    insert->bind(2, std::string_view("x\0y", 3));
    insert->bind_null(3);
    ASSERT_TRUE(insert->run().has_value());
    EXPECT_EQ(database.changes(), 1);
    auto select = database.prepare("SELECT a, b, c FROM t");
    ASSERT_TRUE(select->step().value());
    EXPECT_EQ(select->column_int64(0), 7);
    EXPECT_EQ(select->column_text(1), std::string_view("x\0y", 3));
    EXPECT_TRUE(select->is_null(2));
    EXPECT_FALSE(select->step().value());
}

TEST_F(DatabaseTest, ATransactionThatIsNotCommittedLeavesNothing) {
    Database database = open();
    ASSERT_TRUE(database.execute("CREATE TABLE t (a INTEGER)").has_value());
    {
        auto transaction = Transaction::begin(database);
        ASSERT_TRUE(transaction.has_value());
        ASSERT_TRUE(database.execute("INSERT INTO t VALUES (1)").has_value());
    }
    auto count = database.prepare("SELECT count(*) FROM t");
    ASSERT_TRUE(count->step().value());
    EXPECT_EQ(count->column_int64(0), 0);
}

TEST_F(DatabaseTest, WaitingForALockEndsAtTheDeadlineWithRetryLater) {
    Database first = open();
    Database second = open(20);
    const auto held = Transaction::begin(first);
    ASSERT_TRUE(held.has_value());
    const auto refused = Transaction::begin(second);
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::retry_later);
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsCorruptData) {
    std::ofstream(path_) << std::string(4096, 'x');
    const auto database = Database::open(path_, std::chrono::milliseconds(10));
    ASSERT_FALSE(database.has_value());
    EXPECT_EQ(database.error().code, ErrorCode::corrupt_data);
}

TEST_F(DatabaseTest, AMissingFolderIsUnavailableAndNamesTheFile) {
    const auto database = Database::open(folder_ + "/no/x.db", std::chrono::milliseconds(10));
    ASSERT_FALSE(database.has_value());
    EXPECT_EQ(database.error().code, ErrorCode::unavailable);
    EXPECT_NE(database.error().message.find("/no/x.db"), std::string::npos);
}

TEST_F(DatabaseTest, KeepsAUserVersion) {
    ASSERT_TRUE(open().set_user_version(3).has_value());
    EXPECT_EQ(open().user_version().value(), 3);
}

}  // namespace
}  // namespace tributary::sqlite
