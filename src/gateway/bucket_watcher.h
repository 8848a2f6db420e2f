#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "telemetry/log.h"

namespace tributary::gateway {

struct WatchSettings {
    std::filesystem::path folder;
    /// A file that was found, not seen being closed, is complete when nobody has it open for
    /// writing; where the file system cannot tell, when it was not changed for this long.
    std::chrono::milliseconds settle_time{1'000};
};

/// Sees every object that appears in a bucket's folder, however it came there: closed after
/// writing, moved or linked in, in new folders too. At the start, and when the kernel lost
/// notifications, it looks at everything. Results, hidden and unfinished names are left out, and
/// symbolic links are not followed.
///
/// "At least once": the same version of a file may be told several times, so the receiver must know
/// what it has. Whoever writes a file in several goes (open, write, close, open, …) shows several
/// versions; write it under an unfinished name and rename it.
class BucketWatcher {
public:
    /// Called on the watcher's thread, which may be kept for as long as a disk access takes.
    using OnObject = std::function<void(const std::string& key)>;

    /// Makes the folder where it is missing and begins. `unavailable` where the system gives no
    /// notifications. `log` must outlive the watcher.
    static Result<std::unique_ptr<BucketWatcher>> start(WatchSettings settings, const Clock& clock,
                                                        telemetry::Log& log, OnObject on_object);
    /// Stops; no call is running afterwards.
    ~BucketWatcher();
    BucketWatcher(const BucketWatcher&) = delete;
    BucketWatcher& operator=(const BucketWatcher&) = delete;

    /// Looks at everything again, soon. Thread-safe.
    void rescan();

private:
    class Implementation;
    explicit BucketWatcher(std::unique_ptr<Implementation> implementation);
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace tributary::gateway
