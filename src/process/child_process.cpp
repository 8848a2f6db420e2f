#include "process/child_process.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace tributary::process {
namespace {

/// Everything that the child needs, made before the fork: afterwards only async-signal-safe calls
/// are allowed, since other threads may have held any lock.
struct Plan {
    Plan(const std::vector<std::string>& arguments_in, const Environment& environment_in,
         const StartOptions& options_in)
        : arguments(arguments_in), options(options_in), parent(::getpid()) {
        for (const auto& [name, value] : environment_in) variables.push_back(name + "=" + value);
        for (std::string& argument : arguments) argv.push_back(argument.data());
        for (std::string& variable : variables) envp.push_back(variable.data());
        argv.push_back(nullptr);
        envp.push_back(nullptr);
    }

    std::vector<std::string> arguments;
    std::vector<std::string> variables;
    std::vector<char*> argv;
    std::vector<char*> envp;
    StartOptions options;
    pid_t parent;
};

void restore_signals(bool ignores_interrupt) {
    // Ignored signals survive exec; a child must not inherit our taste.
    for (const int number : {SIGPIPE, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2}) {
        std::signal(number, SIG_DFL);
    }
    std::signal(SIGINT, ignores_interrupt ? SIG_IGN : SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
}

/// dup2 onto itself would keep close-on-exec.
bool redirect(int from, int to) {
    if (from == to) return ::fcntl(to, F_SETFD, 0) == 0;
    return ::dup2(from, to) == to;
}

/// Runs in the child. Returns only on failure, with errno.
int become(const Plan& plan) {
    restore_signals(plan.options.ignores_interrupt);
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return errno;
    if (::getppid() != plan.parent) ::_exit(127);  // It died before the line above took effect.
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (nothing < 0 || !redirect(nothing, STDIN_FILENO)) return errno;
    if (const int output = plan.options.output_fd; output >= 0) {
        // Both from a copy above 2, so that neither overwrites the other's source.
        const int copy = ::fcntl(output, F_DUPFD_CLOEXEC, 3);
        if (copy < 0 || !redirect(copy, STDOUT_FILENO) || !redirect(copy, STDERR_FILENO)) {
            return errno;
        }
    }
    // Libraries open files of their own; none of them may stay open in the child.
    if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
    ::execve(plan.argv[0], plan.argv.data(), plan.envp.data());
    return errno;
}

std::unexpected<Error> cannot_start(const std::string& path, int error) {
    const auto code = error == ENOENT                      ? ErrorCode::not_found
                      : error == EAGAIN || error == ENOMEM ? ErrorCode::unavailable
                      : error == EMFILE || error == ENFILE ? ErrorCode::unavailable
                                                           : ErrorCode::invalid_input;
    return fail(code, fmt::format("Cannot start the program {}: {}.", path, std::strerror(error)));
}

/// glibc 2.36 declares its own without extern "C", which C++ cannot link.
int open_pidfd(pid_t pid) {
    return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

/// The errno that the child sent before it gave up; 0 when exec closed the pipe.
int read_failure(int fd) {
    int failure = 0;
    ssize_t got = 0;
    do {
        got = ::read(fd, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof failure) ? failure : 0;
}

ExitStatus status_of(const siginfo_t& info) {
    ExitStatus status;
    (info.si_code == CLD_EXITED ? status.code : status.signal) = info.si_status;
    return status;
}

/// Waits until `fd` is readable; true when it is.
bool wait_readable(int fd, std::chrono::milliseconds limit) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (true) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
        pollfd waited{fd, POLLIN, 0};
        const auto timeout = std::clamp<std::int64_t>(left.count(), 0, 3'600'000);
        const int ready = ::poll(&waited, 1, static_cast<int>(timeout));
        if (ready > 0) return true;
        if (left.count() <= 0 && ready == 0) return false;
    }
}

}  // namespace

std::string ExitStatus::description() const {
    if (signal == 0) return fmt::format("exited with code {}", code);
    const char* name = ::sigdescr_np(signal);
    return fmt::format("was killed by signal {} ({})", signal, name == nullptr ? "unknown" : name);
}

Result<ChildProcess> ChildProcess::start(const std::vector<std::string>& arguments,
                                         const Environment& environment,
                                         const StartOptions& options) {
    if (arguments.empty()) return fail(ErrorCode::invalid_input, "No program to start was named.");
    const Plan plan(arguments, environment, options);
    std::array<int, 2> failure_pipe{};
    if (::pipe2(failure_pipe.data(), O_CLOEXEC) != 0) return cannot_start(arguments[0], errno);
    const pid_t pid = ::fork();
    if (pid == 0) {
        const int failure = become(plan);
        [[maybe_unused]] const ssize_t sent = ::write(failure_pipe[1], &failure, sizeof failure);
        ::_exit(127);
    }
    const int fork_error = errno;
    ::close(failure_pipe[1]);
    const int failure = pid < 0 ? fork_error : read_failure(failure_pipe[0]);
    ::close(failure_pipe[0]);
    if (pid < 0) return cannot_start(arguments[0], failure);
    // The pid cannot be another's yet: only we reap it.
    ChildProcess child(pid, open_pidfd(pid));
    if (child.pidfd_ < 0) return cannot_start(arguments[0], errno);
    if (failure != 0) return cannot_start(arguments[0], failure);
    return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::exchange(other.pidfd_, -1)),
      status_(other.status_) {
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
    if (this == &other) return *this;
    kill_and_reap();
    pid_ = std::exchange(other.pid_, -1);
    pidfd_ = std::exchange(other.pidfd_, -1);
    status_ = other.status_;
    return *this;
}

ChildProcess::~ChildProcess() {
    kill_and_reap();
}

void ChildProcess::kill_and_reap() {
    if (pid_ > 0 && !status_) {
        ::kill(pid_, SIGKILL);
        siginfo_t info{};
        while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED) != 0 && errno == EINTR) {
        }
    }
    if (pidfd_ >= 0) ::close(pidfd_);
    pid_ = -1;
    pidfd_ = -1;
}

std::optional<ExitStatus> ChildProcess::poll() {
    if (status_ || pid_ <= 0) return status_;
    siginfo_t info{};
    const int result = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG);
    if (result == 0 && info.si_pid == pid_) status_ = status_of(info);
    // Somebody else reaped it against the rules: that it has ended is all that is known.
    if (result != 0 && errno == ECHILD) status_ = ExitStatus{-1, 0};
    return status_;
}

std::optional<ExitStatus> ChildProcess::wait(std::chrono::milliseconds limit) {
    if (!poll() && pidfd_ >= 0) wait_readable(pidfd_, limit);
    return poll();
}

void ChildProcess::signal(int number) {
    if (!poll() && pid_ > 0) ::kill(pid_, number);
}

ExitStatus ChildProcess::terminate(std::chrono::milliseconds grace) {
    signal(SIGTERM);
    if (const auto status = wait(grace)) return *status;
    signal(SIGKILL);
    // SIGKILL cannot be refused; only a process stuck in the kernel takes longer.
    const auto status = wait(std::chrono::seconds(10));
    return status.value_or(ExitStatus{0, SIGKILL});
}

}  // namespace tributary::process
