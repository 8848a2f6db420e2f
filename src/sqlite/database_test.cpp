#include "sqlite/database.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

#include "sqlite/sync_observer.h"
#include "sqlite/temporary_file.h"

namespace tributary::sqlite {
namespace {

using namespace std::string_literals;
using namespace std::chrono_literals;

constexpr std::array<std::string_view, 1> kFirst = {"CREATE TABLE numbers (n INTEGER, b BLOB)"};
constexpr std::array<std::string_view, 2> kSecond = {kFirst[0], "ALTER TABLE numbers ADD t TEXT"};

class SqliteDatabase : public testing::Test {
protected:
    Database open(std::chrono::milliseconds deadline = 5s) {
        auto database = Database::open(file_.path(), deadline);
        EXPECT_TRUE(database) << database.error().message;
        EXPECT_TRUE(database->upgrade(kFirst));
        return std::move(*database);
    }
    static std::int64_t count(Database& database) {
        auto rows = database.query("SELECT count(*) FROM numbers");
        EXPECT_TRUE(rows->next());
        return rows->int64(0);
    }
    const std::string& path() const { return file_.path(); }

private:
    TemporaryFile file_;
};

TEST_F(SqliteDatabase, KeepsAWriteAheadLogAndSyncsFully) {
    auto database = open();
    auto mode = database.query("PRAGMA journal_mode");
    ASSERT_TRUE(*mode->next());
    EXPECT_EQ(mode->text(0), "wal");
    auto synchronous = database.query("PRAGMA synchronous");
    ASSERT_TRUE(*synchronous->next());
    EXPECT_EQ(synchronous->int64(0), 2);
}

TEST_F(SqliteDatabase, CannotBeOpenedWithoutItsFolder) {
    const auto database = Database::open("/nowhere/at/all.db", 10ms);
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, ErrorCode::unavailable);
    EXPECT_NE(database.error().message.find("/nowhere/at/all.db"), std::string::npos);
}

TEST_F(SqliteDatabase, RefusesAFileThatIsNone) {
    std::ofstream(path()) << std::string(10'000, 'x');
    const auto database = Database::open(path(), 10ms);
    ASSERT_FALSE(database);
    EXPECT_EQ(database.error().code, ErrorCode::corrupt_data);
}

TEST_F(SqliteDatabase, UpgradesAnOlderSchemaAndRefusesANewerOne) {
    auto old = open();
    ASSERT_TRUE(old.run("INSERT INTO numbers (n) VALUES (?1)", 7));
    {
        auto database = Database::open(path(), 5s);
        ASSERT_TRUE(database->upgrade(kSecond));
        ASSERT_TRUE(database->upgrade(kSecond));
        auto rows = database->query("SELECT n, t FROM numbers");
        ASSERT_TRUE(*rows->next());
        EXPECT_EQ(rows->int64(0), 7);
        EXPECT_TRUE(rows->is_null(1));
    }
    const auto refused = old.upgrade(kFirst);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_input);
    EXPECT_NE(refused.error().message.find("newer"), std::string::npos);
}

TEST_F(SqliteDatabase, AFailedUpgradeLeavesTheOldSchema) {
    auto database = open();
    constexpr std::array<std::string_view, 2> kBroken = {
        kFirst[0], "CREATE TABLE other (n INTEGER); CREATE TABLE numbers (n INTEGER)"};
    ASSERT_FALSE(database.upgrade(kBroken));
    EXPECT_FALSE(database.in_transaction());
    EXPECT_TRUE(database.upgrade(kFirst));
    EXPECT_FALSE(database.run("SELECT 1 FROM other"));
}

TEST_F(SqliteDatabase, KeepsBytesTextAndNothingApart) {
    auto database = open();
    auto insert = database.prepare("INSERT INTO numbers (n, b) VALUES (?1, ?2)");
    insert->bind(1, 1);
    insert->bind(2, Blob(std::string_view("a\0\xff"s)));
    ASSERT_TRUE(insert->step());
    insert->bind(1, 2);
    insert->bind(2, Blob({}));
    ASSERT_TRUE(insert->step());
    insert->bind(1, 3);
    insert->bind_null(2);
    ASSERT_TRUE(insert->step());
    insert->bind(1, 4);
    insert->bind(2, "text"s);
    ASSERT_TRUE(insert->step());

    auto rows = database.query("SELECT b, typeof(b) FROM numbers ORDER BY n");
    ASSERT_TRUE(*rows->next());
    EXPECT_EQ(rows->blob(0), "a\0\xff"s);
    ASSERT_TRUE(*rows->next());
    EXPECT_EQ(rows->blob(0), "");
    EXPECT_FALSE(rows->is_null(0));
    ASSERT_TRUE(*rows->next());
    EXPECT_TRUE(rows->is_null(0));
    ASSERT_TRUE(*rows->next());
    EXPECT_EQ(rows->text(1), "text");
    EXPECT_FALSE(*rows->next());
}

TEST_F(SqliteDatabase, ReportsABadPositionWhenTheStatementRuns) {
    auto database = open();
    auto statement = database.prepare("SELECT ?1");
    statement->bind(2, 1);
    EXPECT_FALSE(statement->step());
    statement->bind(1, 1);
    EXPECT_TRUE(*statement->step());
}

TEST_F(SqliteDatabase, RowsLetGoOfTheirSnapshotAtTheEndOfTheScope) {
    auto reader = open();
    auto writer = open();
    ASSERT_TRUE(writer.execute("INSERT INTO numbers (n) VALUES (1), (2)"));
    {
        auto rows = reader.query("SELECT n FROM numbers");
        ASSERT_TRUE(*rows->next());
    }
    ASSERT_TRUE(writer.execute("INSERT INTO numbers (n) VALUES (3)"));
    auto checkpoint = writer.query("PRAGMA wal_checkpoint(TRUNCATE)");
    ASSERT_TRUE(*checkpoint->next());
    EXPECT_EQ(checkpoint->int64(0), 0) << "blocked by the reader";
}

TEST_F(SqliteDatabase, DataVersionChangesWithOthersCommits) {
    auto database = open();
    auto other = open();
    const auto before = *database.data_version();
    ASSERT_TRUE(database.execute("INSERT INTO numbers (n) VALUES (1)"));
    EXPECT_EQ(*database.data_version(), before);
    ASSERT_TRUE(other.execute("INSERT INTO numbers (n) VALUES (1)"));
    EXPECT_NE(*database.data_version(), before);
}

TEST_F(SqliteDatabase, AWriterWaitsForItsTurnUntilTheDeadline) {
    auto holder = open();
    auto other = open(20ms);
    {
        auto held = Transaction::write(holder);
        ASSERT_TRUE(held);
        const auto begin = std::chrono::steady_clock::now();
        const auto refused = Transaction::write(other);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::retry_later);
        EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
    }
    EXPECT_TRUE(Transaction::write(other));
}

TEST_F(SqliteDatabase, ATransactionIsRolledBackUnlessCommitted) {
    auto database = open();
    {
        auto transaction = Transaction::write(database);
        ASSERT_TRUE(database.run("INSERT INTO numbers (n) VALUES (?1)", 1));
    }
    EXPECT_EQ(count(database), 0);
    auto transaction = Transaction::write(database);
    ASSERT_TRUE(database.run("INSERT INTO numbers (n) VALUES (?1)", 1));
    EXPECT_TRUE(transaction->commit());
    EXPECT_EQ(count(database), 1);
}

TEST_F(SqliteDatabase, SyncsBeforeACommitReturns) {
    int syncs = 0;
    const SyncObserver observer([&] { return ++syncs > 0; });
    auto database = open();
    for (int i = 0; i < 3; ++i) {
        auto transaction = Transaction::write(database);
        ASSERT_TRUE(database.run("INSERT INTO numbers (n) VALUES (?1)", i));
        const int before = syncs;
        ASSERT_TRUE(transaction->commit());
        EXPECT_GT(syncs, before);
    }
}

TEST_F(SqliteDatabase, TheFateOfACommitWhoseSyncFailedIsUnknown) {
    bool works = true;
    const SyncObserver observer([&] { return works; });
    auto database = open();
    auto transaction = Transaction::write(database);
    ASSERT_TRUE(database.run("INSERT INTO numbers (n) VALUES (?1)", 1));
    works = false;
    const auto committed = transaction->commit();
    works = true;
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::timed_out);
    EXPECT_FALSE(database.in_transaction());
}

}  // namespace
}  // namespace tributary::sqlite
