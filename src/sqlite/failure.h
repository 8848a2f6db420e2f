#pragma once

#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace tributary::sqlite {

/// Translates a result code of SQLite; `attempted` completes "… failed while <attempted>".
Error failure(sqlite3* connection, int code, std::string_view attempted);

}  // namespace tributary::sqlite
