#include <fmt/format.h>
#include <sqlite3.h>

#include "sqlite/database.h"
#include "sqlite/failure.h"

namespace tributary::sqlite {
namespace {

/// A null pointer would bind NULL, and an empty view may have one.
const char* non_null(std::string_view bytes) {
    return bytes.data() == nullptr ? "" : bytes.data();
}

std::string_view view(const void* bytes, int size) {
    if (bytes == nullptr) return {};
    return {static_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

void Statement::Finalizer::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

void Statement::bind(int position, std::int64_t value) {
    note(sqlite3_bind_int64(statement_.get(), position, value));
}

void Statement::bind(int position, std::string_view text) {
    note(sqlite3_bind_text64(statement_.get(), position, non_null(text), text.size(),
                             SQLITE_TRANSIENT, SQLITE_UTF8));
}

void Statement::bind(int position, Blob blob) {
    note(sqlite3_bind_blob64(statement_.get(), position, non_null(blob.bytes), blob.bytes.size(),
                             SQLITE_TRANSIENT));
}

void Statement::bind_null(int position) {
    note(sqlite3_bind_null(statement_.get(), position));
}

void Statement::note(int bind_code) {
    if (bind_code != SQLITE_OK && bind_failure_ == SQLITE_OK) bind_failure_ = bind_code;
}

Result<bool> Statement::step() {
    const int code = bind_failure_ == SQLITE_OK ? sqlite3_step(statement_.get()) : bind_failure_;
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) {
        reset();
        return false;
    }
    auto error = failure(sqlite3_db_handle(statement_.get()), code,
                         fmt::format("running '{}'", sqlite3_sql(statement_.get())));
    reset();
    return std::unexpected(std::move(error));
}

void Statement::reset() {
    sqlite3_reset(statement_.get());
    bind_failure_ = SQLITE_OK;
}

std::int64_t Statement::column_int64(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

std::string_view Statement::column_text(int column) const {
    const auto* text = sqlite3_column_text(statement_.get(), column);
    return view(text, sqlite3_column_bytes(statement_.get(), column));
}

std::string_view Statement::column_blob(int column) const {
    const auto* blob = sqlite3_column_blob(statement_.get(), column);
    return view(blob, sqlite3_column_bytes(statement_.get(), column));
}

bool Statement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

}  // namespace tributary::sqlite
