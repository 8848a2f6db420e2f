#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite without its C interface. Errors keep their meaning: `retry_later` when the file stayed
/// locked until the deadline (nothing happened), `corrupt_data` when it is damaged or no database,
/// `unavailable` for the rest (disk full, no such folder, I/O).
namespace tributary::sqlite {

/// A prepared statement. Belongs to its database, which must outlive it. One thread.
class Statement {
public:
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    /// Parameters count from 1. Text is copied.
    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::string_view text);
    void bind_blob(int parameter, std::string_view bytes);
    void bind_null(int parameter);

    /// True: a row is there; false: done.
    Result<bool> step();
    /// Makes it ready to run again; bindings stay.
    void reset();
    /// Runs a statement that returns no rows, and resets it.
    Result<void> run();

    /// Columns count from 0. Views are valid until the next step or reset.
    [[nodiscard]] std::int64_t column_int64(int column);
    [[nodiscard]] std::string_view column_text(int column);
    [[nodiscard]] std::string_view column_blob(int column);
    [[nodiscard]] bool is_null(int column);

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A connection to a database file in WAL mode with `synchronous=FULL`: what COMMIT has answered
/// survives a power cut. Several connections and processes may share the file. One thread.
class Database {
public:
    /// Creates the file where it is missing; its folder must exist. `deadline` bounds how long one
    /// statement waits for another process's lock. `vfs`: a file system of SQLite's by name, for
    /// tests; null: the default.
    static Result<Database> open(const std::string& path, std::chrono::milliseconds deadline,
                                 const char* vfs = nullptr);

    Result<Statement> prepare(const std::string& sql);
    /// Runs one or several statements without parameters or rows.
    Result<void> execute(const std::string& sql);
    /// Rows that the last INSERT, UPDATE or DELETE changed.
    [[nodiscard]] std::int64_t changes() const;
    /// False within a transaction.
    [[nodiscard]] bool is_autocommit() const;

    /// The number that the schema's version is kept in; 0 for a new file.
    Result<std::int64_t> user_version();
    Result<void> set_user_version(std::int64_t version);

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    explicit Database(sqlite3* database) : database_(database) {}
    std::unique_ptr<sqlite3, Close> database_;
};

/// A write transaction: begun at once (BEGIN IMMEDIATE), so that the only wait for the lock is
/// here. Rolled back on destruction unless committed. The database must outlive it.
class Transaction {
public:
    static Result<Transaction> begin(Database& database);
    Transaction(Transaction&& other) noexcept;
    Transaction& operator=(Transaction&&) = delete;
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();

    /// Durable when this succeeds. After a failure nothing was stored.
    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;  ///< Null once it is over.
};

}  // namespace tributary::sqlite
