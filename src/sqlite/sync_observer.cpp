#include "sqlite/sync_observer.h"

#include <map>
#include <mutex>
#include <sqlite3.h>
#include <utility>

namespace tributary::sqlite {

/// SQLite's own file system with another xSync. Files find their way back to it through their table
/// of methods, which is the first part of `Methods`.
struct SyncObserver::Vfs {
    struct Methods : sqlite3_io_methods {
        Methods(const sqlite3_io_methods& real_in, Vfs* vfs_in)
            : sqlite3_io_methods(real_in), real(&real_in), vfs(vfs_in) {
            xSync = &sync;
        }
        const sqlite3_io_methods* real;
        Vfs* vfs;
    };

    explicit Vfs(OnSync on_sync_in)
        : on_sync(std::move(on_sync_in)), real(sqlite3_vfs_find(nullptr)), own(*real) {
        own.zName = "tributary-sync-observer";
        own.pAppData = this;
        own.xOpen = &open;
        sqlite3_vfs_register(&own, 1);
    }
    ~Vfs() {
        sqlite3_vfs_unregister(&own);
        sqlite3_vfs_register(real, 1);
    }
    Vfs(const Vfs&) = delete;
    Vfs& operator=(const Vfs&) = delete;

    static int open(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags,
                    int* flags_out) {
        auto* self = static_cast<Vfs*>(vfs->pAppData);
        const int code = self->real->xOpen(self->real, name, file, flags, flags_out);
        if (code == SQLITE_OK) file->pMethods = self->watched(file->pMethods);
        return code;
    }
    static int sync(sqlite3_file* file, int flags) {
        const auto* methods = static_cast<const Methods*>(file->pMethods);
        if (!methods->vfs->on_sync()) return SQLITE_IOERR_FSYNC;
        return methods->real->xSync(file, flags);
    }
    /// SQLite has a table of methods per kind of file; each is copied once.
    const Methods* watched(const sqlite3_io_methods* methods) {
        const std::lock_guard lock(mutex);
        return &tables.try_emplace(methods, *methods, this).first->second;
    }

    OnSync on_sync;
    sqlite3_vfs* real;
    sqlite3_vfs own;
    std::mutex mutex;
    std::map<const sqlite3_io_methods*, Methods> tables;
};

SyncObserver::SyncObserver(OnSync on_sync) : vfs_(std::make_unique<Vfs>(std::move(on_sync))) {
}

SyncObserver::~SyncObserver() = default;

}  // namespace tributary::sqlite
