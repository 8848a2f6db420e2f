#pragma once

#include <chrono>
#include <string>

/// How readers in other processes learn at once that something was committed: the committer writes
/// one byte to a file of its own beside the log, and readers watch that file. The WAL itself will
/// not do: it is written before the sync, so watching it wakes readers too early.
/// Both sides do without where the file cannot be made or watched; readers look now and then
/// anyway.
namespace tributary::event_log {

/// A file descriptor that is closed at the end.
class OwnedDescriptor {
public:
    explicit OwnedDescriptor(int descriptor) : descriptor_(descriptor) {}
    OwnedDescriptor(const OwnedDescriptor&) = delete;
    OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
    ~OwnedDescriptor();
    [[nodiscard]] int get() const { return descriptor_; }

private:
    int descriptor_;
};

/// The committer's side. Thread-safe.
class WakeSignal {
public:
    explicit WakeSignal(const std::string& log_path);
    /// To be called after each commit that others wait for.
    void raise() const;

private:
    OwnedDescriptor file_;
};

/// The reader's side. Used by one thread.
class WakeWatch {
public:
    explicit WakeWatch(const std::string& log_path);
    /// Forgets what was raised so far; whatever is raised from now on ends the next `wait`.
    void clear() const;
    /// Returns true as soon as a signal was raised since `clear`, false after `limit`.
    bool wait(std::chrono::milliseconds limit) const;

private:
    OwnedDescriptor inotify_;
};

}  // namespace tributary::event_log
