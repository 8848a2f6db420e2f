#include "process/child_process.h"

#include <array>
#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace tributary::process {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Catches what a child prints.
class Output {
public:
    Output() {
        if (::pipe2(pipe_.data(), O_CLOEXEC) != 0) std::abort();
    }
    ~Output() {
        ::close(pipe_[0]);
        close_writing();
    }
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    [[nodiscard]] StartOptions options() const {
        StartOptions options;
        options.output_fd = pipe_[1];
        return options;
    }
    /// Up to the first line's end, so that children which go on running can be read from.
    std::string line() {
        std::string text;
        char next = 0;
        while (::read(pipe_[0], &next, 1) == 1 && next != '\n') text += next;
        return text;
    }
    std::string everything() {
        close_writing();
        std::string text;
        char next = 0;
        while (::read(pipe_[0], &next, 1) == 1) text += next;
        return text;
    }

private:
    void close_writing() {
        if (pipe_[1] >= 0) ::close(pipe_[1]);
        pipe_[1] = -1;
    }
    std::array<int, 2> pipe_{-1, -1};
};

Result<ChildProcess> shell(const std::string& script, const StartOptions& options = {},
                           const Environment& environment = {}) {
    return ChildProcess::start({"/bin/sh", "-c", script}, environment, options);
}

/// How the child ends within 10 s; a code that no child has where it does not.
ExitStatus end_of(ChildProcess& child) {
    return child.wait(seconds(10)).value_or(ExitStatus{-2, 0});
}

bool is_alive(pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::stringstream text;
    text << file.rdbuf();
    const auto behind_name = text.str().rfind(") ");
    return behind_name != std::string::npos && text.str()[behind_name + 2] != 'Z';
}

bool becomes_dead(pid_t pid) {
    const auto until = std::chrono::steady_clock::now() + seconds(10);
    while (is_alive(pid)) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::yield();
    }
    return true;
}

TEST(ChildProcess, TellsTheExitCode) {
    auto child = shell("exit 3");
    ASSERT_TRUE(child) << child.error().message;
    EXPECT_EQ(end_of(*child).code, 3);
    EXPECT_EQ(end_of(*child).description(), "exited with code 3") << "remembered after reaping";
}

TEST(ChildProcess, TellsTheKillingSignal) {
    auto child = shell("kill -9 $$");
    ASSERT_TRUE(child);
    const ExitStatus status = end_of(*child);
    EXPECT_EQ(status.signal, SIGKILL);
    EXPECT_EQ(status.description(), "was killed by signal 9 (Killed)");
    EXPECT_FALSE(status.is_success());
}

TEST(ChildProcess, NamesAProgramThatDoesNotExist) {
    const auto child = ChildProcess::start({"/nowhere/bootstrap"}, {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, ErrorCode::not_found);
    EXPECT_EQ(child.error().message,
              "Cannot start the program /nowhere/bootstrap: No such file or directory.");
}

TEST(ChildProcess, RefusesAFileThatIsNotExecutable) {
    const auto child = ChildProcess::start({"/etc/passwd"}, {});
    ASSERT_FALSE(child);
    EXPECT_EQ(child.error().code, ErrorCode::invalid_input);
}

TEST(ChildProcess, GivesExactlyTheEnvironment) {
    Output output;
    auto child =
        ChildProcess::start({"/usr/bin/env"}, {{"A", "1"}, {"B", "two words"}}, output.options());
    ASSERT_TRUE(child);
    EXPECT_EQ(output.everything(), "A=1\nB=two words\n");
}

TEST(ChildProcess, LeaksNoFileDescriptors) {
    const int leaky = ::open("/dev/null", O_RDONLY);  // Without O_CLOEXEC, as libraries do.
    Output output;
    auto child =
        shell("ls /proc/self/fd | tr '\\n' ' '", output.options(), {{"PATH", "/usr/bin:/bin"}});
    ASSERT_TRUE(child);
    // The fourth is the directory that ls itself has open.
    EXPECT_EQ(output.everything(), "0 1 2 3 ");
    ::close(leaky);
}

TEST(ChildProcess, RestoresSignalsThatTheParentBlockedOrIgnored) {
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &blocked, &before);
    Output output;
    auto child = shell("echo up; while :; do :; done", output.options());
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ASSERT_TRUE(child);
    EXPECT_EQ(output.line(), "up");
    EXPECT_EQ(child->terminate(seconds(10)).signal, SIGTERM);
}

TEST(ChildProcess, IsNotStoppedByAnInterruptMeantForTheParent) {
    Output output;
    auto child = shell("echo up; while :; do :; done", output.options());
    ASSERT_TRUE(child);
    EXPECT_EQ(output.line(), "up");
    child->signal(SIGINT);
    EXPECT_FALSE(child->wait(milliseconds(50)));
}

TEST(ChildProcess, KillsWhatIgnoresSigterm) {
    Output output;
    auto child = shell("trap '' TERM; echo up; while :; do :; done", output.options());
    ASSERT_TRUE(child);
    EXPECT_EQ(output.line(), "up");
    EXPECT_EQ(child->terminate(milliseconds(50)).signal, SIGKILL);
}

TEST(ChildProcess, EndsWithItsObject) {
    pid_t pid = 0;
    {
        auto child = shell("while :; do :; done");
        ASSERT_TRUE(child);
        pid = child->pid();
        EXPECT_TRUE(is_alive(pid));
    }
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(pid))) << "reaped, not a zombie";
}

TEST(ChildProcess, EndsWithTheParentThatIsKilled) {
    Output output;
    const pid_t parent = ::fork();
    if (parent == 0) {
        auto child = shell("echo $$; while :; do :; done", output.options());
        ::pause();
    }
    const pid_t grandchild = std::stoi(output.line());
    EXPECT_TRUE(is_alive(grandchild));
    ::kill(parent, SIGKILL);
    ::waitpid(parent, nullptr, 0);
    EXPECT_TRUE(becomes_dead(grandchild));
}

TEST(ChildProcess, MovesItsOwnership) {
    auto first = shell("while :; do :; done");
    auto second = shell("exit 0");
    ASSERT_TRUE(first && second);
    const pid_t replaced = second->pid();
    const pid_t kept = first->pid();
    *second = std::move(*first);
    EXPECT_EQ(second->pid(), kept);
    EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(replaced)));
    EXPECT_TRUE(is_alive(kept));
}

}  // namespace
}  // namespace tributary::process
