#include "sqlite/database.h"

#include <array>
#include <fmt/format.h>
#include <sqlite3.h>
#include <time.h>
#include <utility>

namespace tributary::sqlite {
namespace {

ErrorCode code_of(int sqlite_code) {
    switch (sqlite_code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return ErrorCode::retry_later;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return ErrorCode::corrupt_data;
        default: return ErrorCode::unavailable;
    }
}

std::unexpected<Error> failure(sqlite3* database, int sqlite_code, std::string_view action) {
    const char* file = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
    return fail(code_of(sqlite_code), fmt::format("SQLite could not {} in {}: {} ({}).", action,
                                                  file != nullptr ? file : "the database",
                                                  database != nullptr ? sqlite3_errmsg(database)
                                                                      : sqlite3_errstr(sqlite_code),
                                                  sqlite_code));
}

/// SQLite's own busy handler sleeps up to 100 ms at a time, which is an age beside our
/// transactions. This one tries again every half millisecond until the deadline.
struct BusyDeadline {
    static constexpr int kSleepMicroseconds = 500;
    static int try_again(void* limit_ms, int tries) {
        const auto limit = reinterpret_cast<std::intptr_t>(limit_ms);
        if (static_cast<std::intptr_t>(tries) * kSleepMicroseconds >= limit * 1'000) return 0;
        const timespec pause{0, kSleepMicroseconds * 1'000};
        nanosleep(&pause, nullptr);
        return 1;
    }
};

Result<void> expect_pragma(Database& database, const std::string& pragma,
                           std::string_view expected) {
    auto statement = database.prepare("PRAGMA " + pragma);
    if (!statement) return std::unexpected(statement.error());
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    const std::string value(*row ? statement->column_text(0) : "");
    if (value == expected) return {};
    return fail(ErrorCode::unavailable,
                fmt::format("SQLite keeps {} at \"{}\" where durability needs \"{}\"; is the "
                            "folder on a network file system?",
                            pragma, value, expected));
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void Statement::bind(int parameter, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), parameter, value);
}

void Statement::bind(int parameter, std::string_view text) {
    sqlite3_bind_text64(statement_.get(), parameter, text.data() != nullptr ? text.data() : "",
                        text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

void Statement::bind_blob(int parameter, std::string_view bytes) {
    sqlite3_bind_blob64(statement_.get(), parameter, bytes.data() != nullptr ? bytes.data() : "",
                        bytes.size(), SQLITE_TRANSIENT);
}

void Statement::bind_null(int parameter) {
    sqlite3_bind_null(statement_.get(), parameter);
}

Result<bool> Statement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return failure(sqlite3_db_handle(statement_.get()), code,
                   fmt::format("run \"{}\"", sqlite3_sql(statement_.get())));
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
}

Result<void> Statement::run() {
    const auto row = step();
    reset();
    if (!row) return std::unexpected(row.error());
    return {};
}

std::int64_t Statement::column_int64(int column) {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::column_text(int column) {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    if (text == nullptr) return {};
    return {reinterpret_cast<const char*>(text),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string_view Statement::column_blob(int column) {
    const void* bytes = sqlite3_column_blob(statement_.get(), column);
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool Statement::is_null(int column) {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

void Database::Close::operator()(sqlite3* database) const {
    sqlite3_close_v2(database);
}

Result<Database> Database::open(const std::string& path, std::chrono::milliseconds deadline,
                                const char* vfs) {
    sqlite3* handle = nullptr;
    constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    const int opened = sqlite3_open_v2(path.c_str(), &handle, kFlags, vfs);
    Database database(handle);
    if (opened != SQLITE_OK) return failure(handle, opened, fmt::format("open {}", path));
    sqlite3_extended_result_codes(handle, 1);
    sqlite3_busy_handler(handle, &BusyDeadline::try_again,
                         reinterpret_cast<void*>(static_cast<std::intptr_t>(deadline.count())));

    // The WAL is checkpointed every 4 MiB and does not stay larger than 64 MiB after a burst.
    auto done = database.execute(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=1000; "
        "PRAGMA journal_size_limit=67108864; PRAGMA foreign_keys=ON");
    if (!done) return std::unexpected(done.error());
    for (const auto& [pragma, value] :
         {std::pair{"journal_mode", "wal"}, std::pair{"synchronous", "2"}}) {
        done = expect_pragma(database, pragma, value);
        if (!done) return std::unexpected(done.error());
    }
    return database;
}

Result<Statement> Database::prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int code = sqlite3_prepare_v2(database_.get(), sql.c_str(),
                                        static_cast<int>(sql.size() + 1), &statement, nullptr);
    if (code != SQLITE_OK) return failure(database_.get(), code, fmt::format("read \"{}\"", sql));
    return Statement(statement);
}

Result<void> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    if (code != SQLITE_OK) return failure(database_.get(), code, fmt::format("run \"{}\"", sql));
    return {};
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(database_.get());
}

bool Database::is_autocommit() const {
    return sqlite3_get_autocommit(database_.get()) != 0;
}

Result<std::int64_t> Database::user_version() {
    auto statement = prepare("PRAGMA user_version");
    if (!statement) return std::unexpected(statement.error());
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    return statement->column_int64(0);
}

Result<void> Database::set_user_version(std::int64_t version) {
    return execute(fmt::format("PRAGMA user_version={}", version));
}

Result<Transaction> Transaction::begin(Database& database) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
        return std::unexpected(begun.error());
    }
    return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {
}

Transaction::~Transaction() {
    // A failure may have rolled back by itself; then there is nothing to do.
    if (database_ != nullptr && !database_->is_autocommit()) {
        static_cast<void>(database_->execute("ROLLBACK"));
    }
}

Result<void> Transaction::commit() {
    auto committed = database_->execute("COMMIT");
    if (committed) database_ = nullptr;
    return committed;
}

}  // namespace tributary::sqlite
