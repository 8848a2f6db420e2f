#include "sqlite/database.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <thread>

#include "sqlite/failure.h"

namespace tributary::sqlite {
namespace {

constexpr auto kBusySleep = std::chrono::milliseconds(1);
constexpr int kFullSync = 2;

}  // namespace

std::string engine() {
    return fmt::format("SQLite {}", sqlite3_libversion());
}

struct Database::Connection {
    std::string path;
    std::chrono::milliseconds busy_deadline;
    std::chrono::steady_clock::time_point busy_since;
    sqlite3* handle = nullptr;

    /// SQLite's own handler backs off to 100 ms, which is an age beside transactions of 5 ms.
    static int on_busy(void* connection, int attempts) {
        auto* self = static_cast<Connection*>(connection);
        const auto now = std::chrono::steady_clock::now();
        if (attempts == 0) self->busy_since = now;
        if (now - self->busy_since >= self->busy_deadline) return 0;
        std::this_thread::sleep_for(kBusySleep);
        return 1;
    }
};

void Database::Closer::operator()(Connection* connection) const {
    sqlite3_close_v2(connection->handle);
    delete connection;
}

Result<Database> Database::open(const std::string& path, std::chrono::milliseconds busy_deadline,
                                FreePages free_pages) {
    Database database(Handle(new Connection{path, busy_deadline, {}, nullptr}));
    auto& connection = *database.connection_;
    constexpr int kFlags =
        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &connection.handle, kFlags, nullptr);
    if (code != SQLITE_OK) {
        return std::unexpected(failure(connection.handle, code, fmt::format("opening '{}'", path)));
    }
    sqlite3_busy_handler(connection.handle, &Connection::on_busy, &connection);
    // Switching to WAL may be refused at once, past the busy handler, while others do the same.
    const auto opened_at = std::chrono::steady_clock::now();
    auto configured = database.configure(free_pages);
    while (!configured && configured.error().code == ErrorCode::retry_later &&
           std::chrono::steady_clock::now() - opened_at < busy_deadline) {
        std::this_thread::sleep_for(kBusySleep);
        configured = database.configure(free_pages);
    }
    if (!configured) return std::unexpected(configured.error());
    return database;
}

Result<void> Database::configure(FreePages free_pages) {
    if (free_pages == FreePages::can_be_given_back) {
        if (auto done = execute("PRAGMA auto_vacuum = INCREMENTAL"); !done) return done;
    }
    // A checkpoint per 8 MiB of WAL; one that grew beyond 16 MiB is cut back to that.
    auto done = execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY;"
        "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 16777216;");
    if (!done) return done;
    auto mode = query("PRAGMA journal_mode");
    if (!mode) return std::unexpected(mode.error());
    if (auto row = mode->next(); !row) return std::unexpected(row.error());
    if (mode->text(0) != "wal") {
        return fail(ErrorCode::unavailable,
                    fmt::format("'{}' cannot be kept in WAL mode; put it on a local file system.",
                                connection_->path));
    }
    const auto synchronous = single_value("PRAGMA synchronous");
    if (!synchronous) return std::unexpected(synchronous.error());
    if (*synchronous != kFullSync) {
        return fail(ErrorCode::internal, fmt::format("SQLite did not take synchronous=FULL for "
                                                     "'{}'; nothing would survive a power cut.",
                                                     connection_->path));
    }
    return {};
}

Result<void> Database::upgrade(std::span<const std::string_view> steps) {
    const auto newest = static_cast<std::int64_t>(steps.size());
    const auto seen = single_value("PRAGMA user_version");
    if (!seen) return std::unexpected(seen.error());
    if (*seen == newest) return {};

    auto transaction = Transaction::write(*this);
    if (!transaction) return std::unexpected(transaction.error());
    // Again under the lock: another process may have been faster.
    const auto version = single_value("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    if (*version > newest) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("'{}' has schema version {}, and this program knows versions up to "
                                "{}; use the newer program that wrote it.",
                                connection_->path, *version, newest));
    }
    for (const auto step : steps.subspan(static_cast<std::size_t>(*version))) {
        if (auto done = execute(std::string(step)); !done) return done;
    }
    if (auto done = execute(fmt::format("PRAGMA user_version = {}", newest)); !done) return done;
    return transaction->commit();
}

Result<void> Database::execute(const std::string& sql) {
    const int code = sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr);
    if (code == SQLITE_OK) return {};
    return std::unexpected(failure(connection_->handle, code, fmt::format("running '{}'", sql)));
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* statement = nullptr;
    const int code =
        sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    if (code == SQLITE_OK) return Statement(statement);
    return std::unexpected(failure(connection_->handle, code, fmt::format("reading '{}'", sql)));
}

Result<Statement*> Database::cached(std::string_view sql) {
    auto found = cache_.find(sql);
    if (found == cache_.end()) {
        auto statement = prepare(sql);
        if (!statement) return std::unexpected(statement.error());
        found = cache_.emplace(std::string(sql), std::move(*statement)).first;
    }
    found->second.reset();
    return &found->second;
}

std::int64_t Database::changes() const {
    return sqlite3_changes64(connection_->handle);
}

std::int64_t Database::last_insert_row() const {
    return sqlite3_last_insert_rowid(connection_->handle);
}

Result<std::int64_t> Database::data_version() {
    return single_value("PRAGMA data_version");
}

bool Database::in_transaction() const {
    return sqlite3_get_autocommit(connection_->handle) == 0;
}

Result<std::int64_t> Database::single_value(std::string_view sql) {
    auto rows = query(sql);
    if (!rows) return std::unexpected(rows.error());
    const auto row = rows->next();
    if (!row) return std::unexpected(row.error());
    return *row ? rows->int64(0) : 0;
}

}  // namespace tributary::sqlite
