#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

/// SQLite without its header: a thin, owning wrapper for the embedded adapters. Errors are
/// `retry_later` (others kept the file locked until the deadline), `unavailable` (disk full, I/O,
/// permissions), `corrupt_data`, `conflict` (a constraint), `invalid_input` (too big), `internal`.
namespace tributary::sqlite {

/// The library that is linked: `SQLite 3.40.1`.
std::string engine();

/// Bytes to bind that are not text.
struct Blob {
    explicit Blob(std::string_view bytes_in) : bytes(bytes_in) {}
    std::string_view bytes;
};

/// A prepared statement. Must not be used after its database is gone; destroying it is fine.
class Statement {
public:
    /// Positions count from 1. Values are copied. A failure is reported by the next `step`.
    void bind(int position, std::int64_t value);
    void bind(int position, std::string_view text);
    void bind(int position, Blob blob);
    void bind_null(int position);

    /// True: a row is there to be looked at. False: done; the statement is reset. Resets on failure
    /// too. Bound values stay.
    Result<bool> step();
    /// Must follow when rows were left unread: an unfinished statement holds its snapshot.
    void reset();

    /// Columns count from 0; views are good until the next `step` or `reset`.
    [[nodiscard]] std::int64_t column_int64(int column) const;
    [[nodiscard]] std::string_view column_text(int column) const;
    [[nodiscard]] std::string_view column_blob(int column) const;
    [[nodiscard]] bool is_null(int column) const;

private:
    friend class Database;
    struct Finalizer {
        void operator()(sqlite3_stmt* statement) const;
    };
    explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}

    void note(int bind_code);

    std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
    int bind_failure_ = 0;
};

/// The rows of a cached statement; resets it at the end of the scope. Only one at a time per SQL
/// text.
class Rows {
public:
    explicit Rows(Statement& statement) : statement_(&statement) {}
    Rows(Rows&& other) noexcept : statement_(std::exchange(other.statement_, nullptr)) {}
    Rows& operator=(Rows&&) = delete;
    ~Rows() {
        if (statement_ != nullptr) statement_->reset();
    }

    /// True: a row is there; false: no more.
    Result<bool> next() { return statement_->step(); }
    [[nodiscard]] std::int64_t int64(int column) const { return statement_->column_int64(column); }
    [[nodiscard]] std::string_view text(int column) const {
        return statement_->column_text(column);
    }
    [[nodiscard]] std::string_view blob(int column) const {
        return statement_->column_blob(column);
    }
    [[nodiscard]] bool is_null(int column) const { return statement_->is_null(column); }

private:
    Statement* statement_;
};

/// Whether a file that shrinks inside may become smaller on the disk, by `PRAGMA
/// incremental_vacuum`. Costs a little bookkeeping per new page; decided when the file is made.
enum class FreePages { kept, can_be_given_back };

/// One connection to one file in WAL mode with `synchronous=FULL`. Used by one thread at a time;
/// never carried over a fork.
class Database {
public:
    /// Opens or creates the file. An operation that finds it locked tries again every millisecond
    /// until `busy_deadline` has passed, then it fails with `retry_later`.
    static Result<Database> open(const std::string& path, std::chrono::milliseconds busy_deadline,
                                 FreePages free_pages = FreePages::kept);

    /// Brings the schema to version `steps.size()`: `steps[v]` is the SQL that leads from version v
    /// to v + 1. Versions are stored in the file. `invalid_input` when the file's is newer.
    Result<void> upgrade(std::span<const std::string_view> steps);

    /// Runs SQL without values and without rows; several statements are fine.
    Result<void> execute(const std::string& sql);

    Result<Statement> prepare(std::string_view sql);

    /// Runs a statement that is prepared once per connection, with `values` bound from 1 on.
    template <class... Values>
    Result<void> run(std::string_view sql, const Values&... values) {
        auto rows = query(sql, values...);
        if (!rows) return std::unexpected(rows.error());
        if (auto done = rows->next(); !done) return std::unexpected(done.error());
        return {};
    }
    /// The same for a statement that gives rows.
    template <class... Values>
    Result<Rows> query(std::string_view sql, const Values&... values) {
        auto statement = cached(sql);
        if (!statement) return std::unexpected(statement.error());
        [[maybe_unused]] int position = 0;
        ((*statement)->bind(++position, values), ...);
        return Rows(**statement);
    }

    /// Rows that the last `run` changed.
    [[nodiscard]] std::int64_t changes() const;
    /// The row that the last successful INSERT of this connection made.
    [[nodiscard]] std::int64_t last_insert_row() const;
    /// A number that is another one after another connection has committed; cheap.
    Result<std::int64_t> data_version();
    /// Whether a transaction is open.
    [[nodiscard]] bool in_transaction() const;

private:
    struct Connection;
    struct Closer {
        void operator()(Connection* connection) const;
    };
    using Handle = std::unique_ptr<Connection, Closer>;
    explicit Database(Handle handle) : connection_(std::move(handle)) {}

    Result<void> configure(FreePages free_pages);
    Result<std::int64_t> single_value(std::string_view sql);
    /// The statement for `sql`, reset.
    Result<Statement*> cached(std::string_view sql);

    Handle connection_;
    std::map<std::string, Statement, std::less<>> cache_;
};

/// A transaction; rolled back at the end of the scope unless it was committed.
class Transaction {
public:
    /// Takes the write lock at once: `retry_later` when others kept it until the deadline.
    static Result<Transaction> write(Database& database);
    /// One snapshot for several reads. Keep it short.
    static Result<Transaction> read(Database& database);

    Transaction(Transaction&& other) noexcept
        : database_(std::exchange(other.database_, nullptr)) {}
    Transaction& operator=(Transaction&&) = delete;
    ~Transaction();

    /// When this returns without an error, everything written is on the disk. `timed_out`: it may
    /// be, and this connection should be opened anew. Any other error: nothing was written.
    Result<void> commit();

private:
    explicit Transaction(Database& database) : database_(&database) {}
    Database* database_;
};

}  // namespace tributary::sqlite
