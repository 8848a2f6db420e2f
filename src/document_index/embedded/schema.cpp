#include "document_index/embedded/schema.h"

#include <fmt/format.h>

namespace tributary::document_index {
namespace {

/// "TrIx", so that a file of another kind is never taken for an index.
constexpr std::int64_t kApplicationId = 0x54724978;

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

Result<std::int64_t> read_number(sqlite::Database& database, const std::string& sql) {
    auto statement = database.prepare(sql);
    if (!statement) return std::unexpected(statement.error());
    if (auto found = statement->step(); !found) return std::unexpected(found.error());
    return statement->column_int64(0);
}

enum class SchemaState { empty, current };

/// What lies in the file: nothing yet, or this version's tables; everything else is an error.
Result<SchemaState> inspect_schema(sqlite::Database& database, const std::string& path) {
    const auto application = read_number(database, "PRAGMA application_id");
    if (!application) return std::unexpected(application.error());
    const auto version = database.user_version();
    if (!version) return std::unexpected(version.error());
    const auto tables = read_number(database, "SELECT count(*) FROM sqlite_master");
    if (!tables) return std::unexpected(tables.error());

    if (*application == 0 && *tables == 0) return SchemaState::empty;
    if (*application != kApplicationId) {
        return fail(
            ErrorCode::corrupt_data,
            fmt::format("'{}' is a database, but not a document index; name another file.", path));
    }
    if (*version > kSchemaVersion) {
        return fail(
            ErrorCode::invalid_input,
            fmt::format("The index '{}' has schema version {}, written by a newer Tributary; "
                        "this one reads up to {}. Upgrade this program.",
                        path, *version, kSchemaVersion));
    }
    return SchemaState::current;
}

/// Creates the tables that all indices share, where they are missing. Several processes may try at
/// once: the write lock decides, and the others look again.
Result<void> prepare_schema(sqlite::Database& database, const std::string& path) {
    auto state = inspect_schema(database, path);
    if (!state) return std::unexpected(state.error());
    if (*state == SchemaState::current) return {};

    auto transaction = sqlite::Transaction::begin(database);
    if (!transaction) return std::unexpected(transaction.error());
    state = inspect_schema(database, path);
    if (!state) return std::unexpected(state.error());
    if (*state == SchemaState::current) return {};
    auto created = database.execute(fmt::format(
        R"(CREATE TABLE indices (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,
                                 documents INTEGER NOT NULL DEFAULT 0);
           PRAGMA application_id = {};
           PRAGMA user_version = {})",
        kApplicationId, kSchemaVersion));
    if (!created) return created;
    return transaction->commit();
}

}  // namespace

Result<sqlite::Database> open_index_database(const EmbeddedIndexSettings& settings) {
    auto database = sqlite::Database::open(settings.path, settings.write_deadline);
    if (!database) return database;
    auto tuned = database->execute("PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000");
    if (!tuned) return std::unexpected(tuned.error());
    if (auto ready = prepare_schema(*database, settings.path); !ready) {
        return std::unexpected(ready.error());
    }
    return database;
}

Result<std::optional<IndexRow>> find_index(sqlite::Database& database, const std::string& name) {
    auto find = database.prepare("SELECT number, documents FROM indices WHERE name = ?1");
    if (!find) return std::unexpected(find.error());
    find->bind(1, name);
    const auto found = find->step();
    if (!found) return std::unexpected(found.error());
    if (!*found) return std::nullopt;
    return IndexRow{find->column_int64(0), static_cast<std::uint64_t>(find->column_int64(1))};
}

Result<std::int64_t> ensure_index(sqlite::Database& database, const std::string& name) {
    const auto existing = find_index(database, name);
    if (!existing) return std::unexpected(existing.error());
    if (*existing) return (*existing)->number;

    auto insert = database.prepare("INSERT INTO indices (name) VALUES (?1) RETURNING number");
    if (!insert) return std::unexpected(insert.error());
    insert->bind(1, name);
    if (auto inserted = insert->step(); !inserted) return std::unexpected(inserted.error());
    const auto number = insert->column_int64(0);
    insert->reset();
    if (auto created = create_tables(database, number); !created) {
        return std::unexpected(created.error());
    }
    return number;
}

}  // namespace tributary::document_index
