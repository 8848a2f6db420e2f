#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "base/result.h"

/// Child processes that cannot be left behind.
namespace tributary::process {

using Environment = std::map<std::string, std::string>;

/// How a process ended.
struct ExitStatus {
    int code = 0;    ///< What it returned, where it was not killed.
    int signal = 0;  ///< The signal that killed it, else 0.

    [[nodiscard]] bool is_success() const { return code == 0 && signal == 0; }
    /// `exited with code 3`, `was killed by signal 9 (Killed)`.
    [[nodiscard]] std::string description() const;
};

struct StartOptions {
    /// Where the child's stdout and stderr go; -1: where ours go. Stdin is always empty.
    int output_fd = -1;
    /// The child starts with SIGINT ignored: Ctrl-C reaches the whole foreground process group, and
    /// it is for the parent to stop its children in the right order. A child that installs its own
    /// handler for SIGINT gets it all the same.
    bool ignores_interrupt = true;
};

/// One child, owned: it ends at the latest with this object. The kernel kills it (SIGKILL) also
/// when
/// **the thread that started it** ends, so start it from a thread that lives as long as the child
/// should: the main thread, or one that owns the child. It gets exactly the given environment, no
/// file descriptors but 0, 1 and 2, no blocked signals, and stays in our process group. One thread
/// at a time. Nobody else in the process may reap it: no `waitpid(-1)`, no ignored SIGCHLD.
class ChildProcess {
public:
    /// Starts `arguments[0]`, a path (PATH is not searched). `not_found` or `invalid_input` with
    /// the path and the reason where it cannot be executed; `unavailable` where the system has no
    /// room for another process.
    static Result<ChildProcess> start(const std::vector<std::string>& arguments,
                                      const Environment& environment,
                                      const StartOptions& options = {});

    ChildProcess(ChildProcess&& other) noexcept;
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    /// Kills it if it still runs, and reaps it.
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Becomes readable when the child has ended; owned by this object.
    [[nodiscard]] int pidfd() const { return pidfd_; }

    /// Its end, if it has come. Never blocks.
    [[nodiscard]] std::optional<ExitStatus> poll();
    /// Waits for its end, at most so long.
    [[nodiscard]] std::optional<ExitStatus> wait(std::chrono::milliseconds limit);
    /// Sends a signal; nothing happens where it has ended already.
    void signal(int number);
    /// SIGTERM, and SIGKILL when it has not ended after `grace`. Returns how it ended.
    ExitStatus terminate(std::chrono::milliseconds grace);

private:
    ChildProcess(pid_t pid, int pidfd) : pid_(pid), pidfd_(pidfd) {}
    void kill_and_reap();

    pid_t pid_ = -1;
    int pidfd_ = -1;
    std::optional<ExitStatus> status_;
};

}  // namespace tributary::process
