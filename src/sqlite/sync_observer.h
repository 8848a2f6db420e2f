#pragma once

#include <functional>
#include <memory>

namespace tributary::sqlite {

/// For tests: sees every sync of a file that SQLite asks for, and can make it fail. While it lives,
/// connections opened with `Database::open` go through it; they must be closed before it goes.
class SyncObserver {
public:
    /// Called before each sync, from the thread that syncs. False: the sync is not done, and fails.
    using OnSync = std::function<bool()>;

    explicit SyncObserver(OnSync on_sync);
    SyncObserver(const SyncObserver&) = delete;
    SyncObserver& operator=(const SyncObserver&) = delete;
    ~SyncObserver();

private:
    struct Vfs;
    std::unique_ptr<Vfs> vfs_;
};

}  // namespace tributary::sqlite
