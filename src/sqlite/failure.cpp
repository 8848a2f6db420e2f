#include "sqlite/failure.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace tributary::sqlite {
namespace {

ErrorCode error_code(int code) {
    switch (code & 0xff) {
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return ErrorCode::retry_later;
        case SQLITE_FULL:
        case SQLITE_IOERR:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_AUTH:
        case SQLITE_NOMEM:
        case SQLITE_PROTOCOL: return ErrorCode::unavailable;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return ErrorCode::corrupt_data;
        case SQLITE_CONSTRAINT: return ErrorCode::conflict;
        case SQLITE_TOOBIG: return ErrorCode::invalid_input;
        default: return ErrorCode::internal;
    }
}

std::string_view advice(ErrorCode code) {
    switch (code) {
        case ErrorCode::retry_later: return "others are using the file; try again";
        case ErrorCode::unavailable: return "check its folder, permissions and free space";
        case ErrorCode::corrupt_data: return "it is no database of ours, or it is damaged";
        default: return "nothing was changed";
    }
}

}  // namespace

Error failure(sqlite3* connection, int code, std::string_view attempted) {
    const char* file = connection == nullptr ? nullptr : sqlite3_db_filename(connection, "main");
    const char* reason = connection == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(connection);
    const auto translated = error_code(code);
    return {translated, fmt::format("SQLite failed while {} in '{}': {} ({}); {}.", attempted,
                                    file == nullptr ? "" : file, reason, code, advice(translated))};
}

}  // namespace tributary::sqlite
