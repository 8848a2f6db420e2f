#include <fmt/format.h>

#include "sqlite/database.h"

namespace tributary::sqlite {

Result<Transaction> Transaction::write(Database& database) {
    if (auto begun = database.execute("BEGIN IMMEDIATE"); !begun) {
        return std::unexpected(begun.error());
    }
    return Transaction(database);
}

Result<Transaction> Transaction::read(Database& database) {
    if (auto begun = database.execute("BEGIN"); !begun) return std::unexpected(begun.error());
    return Transaction(database);
}

Transaction::~Transaction() {
    if (database_ == nullptr || !database_->in_transaction()) return;
    // A failing ROLLBACK leaves nothing to do: closing the connection rolls back too.
    [[maybe_unused]] const auto rolled_back = database_->execute("ROLLBACK");
}

Result<void> Transaction::commit() {
    auto committed = database_->execute("COMMIT");
    if (committed) {
        database_ = nullptr;
        return committed;
    }
    // Still open: SQLite wrote nothing that counts, and the destructor rolls back.
    if (database_->in_transaction()) return committed;
    database_ = nullptr;
    // Frames may have reached the disk although the sync failed, and a later recovery would find
    // them: nobody can say now.
    return fail(ErrorCode::timed_out, fmt::format("Whether the transaction was stored is unknown. "
                                                  "{}",
                                                  committed.error().message));
}

}  // namespace tributary::sqlite
