#include "document_index/embedded/schema.h"

#include <array>
#include <fmt/format.h>
#include <string_view>

namespace tributary::document_index {
namespace {

/// "TrIx", so that a database of another kind is never taken for an index.
constexpr std::int64_t kApplicationId = 0x54724978;

/// Every version of the schema, each as the way from the one before.
constexpr std::array<std::string_view, 1> kSchemaSteps = {
    R"(PRAGMA application_id = 0x54724978;
       CREATE TABLE indices (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                             documents INTEGER NOT NULL DEFAULT 0))"};

Result<std::int64_t> read_number(sqlite::Database& database, std::string_view sql) {
    auto rows = database.query(sql);
    if (!rows) return std::unexpected(rows.error());
    if (auto found = rows->next(); !found) return std::unexpected(found.error());
    return rows->int64(0);
}

/// Refuses databases of other programs, the log's included, before anything is written to them.
Result<void> check_kind(sqlite::Database& database, const std::string& path) {
    auto snapshot = sqlite::Transaction::read(database);
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto application = read_number(database, "PRAGMA application_id");
    if (!application) return std::unexpected(application.error());
    const auto tables = read_number(database, "SELECT count(*) FROM sqlite_master");
    if (!tables) return std::unexpected(tables.error());
    if (*application == kApplicationId || (*application == 0 && *tables == 0)) return {};
    return fail(
        ErrorCode::corrupt_data,
        fmt::format("'{}' is a database, but not a document index; name another file.", path));
}

Result<void> create_tables(sqlite::Database& database, std::int64_t number) {
    return database.execute(fmt::format(
        R"(CREATE TABLE entries_{0} (row INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, event_id TEXT,
                                    topic TEXT, partition INTEGER, record_offset INTEGER);
           CREATE INDEX entries_{0}_by_event ON entries_{0} (event_id) WHERE event_id IS NOT NULL;
           CREATE INDEX entries_{0}_by_origin ON entries_{0} (topic, partition, record_offset)
               WHERE topic IS NOT NULL;
           CREATE TABLE documents_{0} (row INTEGER PRIMARY KEY, json TEXT NOT NULL);
           CREATE VIRTUAL TABLE words_{0} USING fts5 (text, content='', columnsize=0,
               tokenize='unicode61 remove_diacritics 0');)",
        number));
}

}  // namespace

Result<sqlite::Database> open_index_database(const EmbeddedIndexSettings& settings) {
    auto database = sqlite::Database::open(settings.path, settings.write_deadline);
    if (!database) return database;
    // Ids are spread all over their b-tree: with more of it in memory, and with checkpoints less
    // often, its pages are read and written less often too.
    auto done = database->execute("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000");
    if (done) done = check_kind(*database, settings.path);
    if (done) done = database->upgrade(kSchemaSteps);
    if (!done) return std::unexpected(done.error());
    return database;
}

Result<std::optional<IndexRow>> find_index(sqlite::Database& database, const std::string& name) {
    auto rows = database.query("SELECT number, documents FROM indices WHERE name = ?1", name);
    if (!rows) return std::unexpected(rows.error());
    const auto found = rows->next();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return IndexRow{rows->int64(0), static_cast<std::uint64_t>(rows->int64(1))};
}

Result<std::int64_t> ensure_index(sqlite::Database& database, const std::string& name) {
    auto index = find_index(database, name);
    if (!index) return std::unexpected(index.error());
    if (const auto& there = *index; there) return there->number;

    auto created = database.run("INSERT INTO indices (name) VALUES (?1)", name);
    if (!created) return std::unexpected(created.error());
    const auto number = read_number(database, "SELECT last_insert_rowid()");
    if (!number) return number;
    created = create_tables(database, *number);
    if (!created) return std::unexpected(created.error());
    return number;
}

}  // namespace tributary::document_index
