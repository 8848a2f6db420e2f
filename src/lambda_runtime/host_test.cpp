#include "lambda_runtime/host.h"

#include <csignal>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace tributary::lambda_runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

FunctionSettings fake_function() {
    FunctionSettings settings;
    settings.name = "fake";
    settings.bootstrap = FAKE_FUNCTION;
    settings.max_wait = seconds(20);
    settings.first_backoff = milliseconds(1);
    settings.output_fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    return settings;
}

/// Processes whose parent we are.
std::set<pid_t> children() {
    std::set<pid_t> found;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "children");
        for (pid_t pid = 0; file >> pid;) found.insert(pid);
    }
    return found;
}

template <class Condition>
bool becomes(Condition condition) {
    const auto until = std::chrono::steady_clock::now() + seconds(20);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until) return false;
        std::this_thread::sleep_for(milliseconds(1));
    }
    return true;
}

class RuntimeHost : public ::testing::Test {
protected:
    RuntimeHost() { loop_.start(1); }
    ~RuntimeHost() override {
        host_.reset();
        EXPECT_EQ(children(), std::set<pid_t>()) << "no process may be left behind";
        loop_.stop();
    }

    FunctionHost& start(FunctionSettings settings) {
        auto host = FunctionHost::start(std::move(settings), loop_, clock_, log_);
        if (!host) throw std::runtime_error(host.error().message);
        host_ = std::move(*host);
        return *host_;
    }

    /// An event whose outcome is asked for later.
    std::future<InvocationResult> begin(const std::string& event) {
        std::promise<InvocationResult> promise;
        auto future = promise.get_future();
        host_->invoke(event, {}, [promise = std::move(promise)](InvocationResult result) mutable {
            promise.set_value(std::move(result));
        });
        return future;
    }

    SystemClock clock_;
    telemetry::Log log_{{.service = "test", .fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC)},
                        clock_};
    http::EventLoop loop_;
    std::unique_ptr<FunctionHost> host_;
};

TEST_F(RuntimeHost, GivesTheFunctionsAnswer) {
    FunctionHost& host = start(fake_function());
    EXPECT_EQ(host.invoke_and_wait(R"({"a":[1,2]})").value(), R"({"a":[1,2]})");
    EXPECT_EQ(host.invoke_and_wait(R"("again")").value(), R"("again")");
}

TEST_F(RuntimeHost, SetsLambdasEnvironmentAndNothingOfOurs) {
    ::setenv("HOME", "/home/leaked", 1);
    FunctionSettings settings = fake_function();
    settings.environment["COLOUR"] = "green";
    FunctionHost& host = start(settings);
    const std::string answer = host.invoke_and_wait(R"("environment")").value();
    EXPECT_TRUE(answer.starts_with("\"fake green  Root=1-")) << answer;
    EXPECT_TRUE(answer.ends_with(" arn:aws:lambda:us-east-1:000000000000:function:fake\""))
        << answer;
}

TEST_F(RuntimeHost, PassesTheCallersTraceOn) {
    start(fake_function());
    std::promise<InvocationResult> promise;
    host_->invoke(R"("environment")", "Root=1-mine",
                  [&](InvocationResult result) { promise.set_value(std::move(result)); });
    EXPECT_NE(promise.get_future().get().value().find(" Root=1-mine "), std::string::npos);
}

TEST_F(RuntimeHost, PassesAFunctionErrorOnAndKeepsTheInstance) {
    FunctionHost& host = start(fake_function());
    const std::string before = host.invoke_and_wait(R"("pid")").value();
    const auto result = host.invoke_and_wait(R"("error")");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::function_error);
    EXPECT_EQ(result.error().type, "Fake.Error");
    EXPECT_EQ(result.error().message, "It said \"no\".");
    EXPECT_EQ(host.invoke_and_wait(R"("throw")").error().message, "thrown on purpose");
    EXPECT_EQ(host.invoke_and_wait(R"("pid")").value(), before);
}

TEST_F(RuntimeHost, RefusesAnAnswerThatLambdaWouldRefuse) {
    FunctionHost& host = start(fake_function());
    const auto result = host.invoke_and_wait(R"("large")");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().type, "Function.ResponseSizeTooLarge");
}

TEST_F(RuntimeHost, TellsTheCallerOfADeadInstanceAndReplacesIt) {
    FunctionHost& host = start(fake_function());
    const auto result = host.invoke_and_wait(R"("crash")");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::crashed);
    EXPECT_EQ(result.error().message, "fake exited with code 3 before it answered.");
    EXPECT_TRUE(host.invoke_and_wait(R"("pid")"));
}

TEST_F(RuntimeHost, ReplacesAnIdleInstanceThatWasKilled) {
    FunctionHost& host = start(fake_function());
    const pid_t first = std::stoi(host.invoke_and_wait(R"("pid")").value());
    ::kill(first, SIGKILL);
    EXPECT_TRUE(becomes([&] { return !children().contains(first) && !children().empty(); }));
    EXPECT_NE(std::stoi(host.invoke_and_wait(R"("pid")").value()), first);
}

TEST_F(RuntimeHost, KillsAnInstanceThatOverrunsAndReplacesIt) {
    FunctionSettings settings = fake_function();
    settings.timeout = milliseconds(200);
    FunctionHost& host = start(settings);
    const std::string before = host.invoke_and_wait(R"("pid")").value();
    const auto result = host.invoke_and_wait(R"("hang")");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::timed_out);
    EXPECT_EQ(result.error().message, "fake did not answer within 200 ms and was killed.");
    EXPECT_NE(host.invoke_and_wait(R"("pid")").value(), before);
    EXPECT_FALSE(children().contains(std::stoi(before)));
}

TEST_F(RuntimeHost, StartsMoreInstancesUnderLoadUpToTheLimit) {
    FunctionSettings settings = fake_function();
    settings.max_instances = 3;
    FunctionHost& host = start(settings);
    std::vector<std::future<InvocationResult>> results;
    for (int i = 0; i < 9; ++i) results.push_back(begin(R"("slow")"));
    EXPECT_TRUE(becomes([&] { return host.counts().running == 3 && host.counts().ready == 3; }));
    EXPECT_EQ(children().size(), 3U);
    for (auto& result : results) EXPECT_TRUE(result.get());
}

TEST_F(RuntimeHost, RetiresIdleInstancesDownToTheMinimum) {
    FunctionSettings settings = fake_function();
    settings.max_instances = 3;
    settings.idle_time = milliseconds(1);
    FunctionHost& host = start(settings);
    std::vector<std::future<InvocationResult>> results;
    for (int i = 0; i < 6; ++i) results.push_back(begin(R"("slow")"));
    for (auto& result : results) EXPECT_TRUE(result.get());
    EXPECT_TRUE(becomes([&] { return host.counts().instances == 1 && children().size() == 1; }));
    EXPECT_TRUE(host.invoke_and_wait(R"("still here")"));
}

TEST_F(RuntimeHost, ThrottlesWhatFindsTheQueueFull) {
    FunctionSettings settings = fake_function();
    settings.max_instances = 1;
    settings.max_waiting = 1;
    FunctionHost& host = start(settings);
    auto running = begin(R"("slow")");
    auto waiting = begin(R"("slow")");
    const auto refused = host.invoke_and_wait(R"("one too many")");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, FailureKind::throttled);
    EXPECT_EQ(refused.error().message, "fake has 1 instances at work and 1 events waiting; retry.");
    EXPECT_TRUE(running.get());
    EXPECT_TRUE(waiting.get());
    EXPECT_TRUE(host.invoke_and_wait(R"("room again")"));
}

TEST_F(RuntimeHost, ThrottlesWhatWaitedTooLong) {
    FunctionSettings settings = fake_function();
    settings.max_instances = 1;
    settings.max_wait = milliseconds(300);
    FunctionHost& host = start(settings);
    ASSERT_TRUE(becomes([&] { return host.invoke_and_wait(R"("warm")").has_value(); }));
    auto running = begin(R"("hang")");
    ASSERT_TRUE(becomes([&] { return host.counts().running == 1; }));
    const auto refused = host.invoke_and_wait(R"("impatient")");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, FailureKind::throttled);
    host.shutdown(milliseconds(0));
    EXPECT_EQ(running.get().error().kind, FailureKind::timed_out);
}

TEST_F(RuntimeHost, TellsTheWaitingCallerWhyTheFunctionDoesNotStart) {
    FunctionSettings settings = fake_function();
    settings.environment["FAKE_START"] = "error";
    FunctionHost& host = start(settings);
    const auto result = host.invoke_and_wait("1");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().kind, FailureKind::crashed);
    EXPECT_EQ(result.error().message,
              "fake could not be set up: Fake.Unconfigured: COLOUR is missing.");
}

TEST_F(RuntimeHost, TellsTheWaitingCallerThatTheFunctionDiesAtStart) {
    FunctionSettings settings = fake_function();
    settings.environment["FAKE_START"] = "crash";
    FunctionHost& host = start(settings);
    const auto result = host.invoke_and_wait("1");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().message, "fake exited with code 7 before it asked for an event.");
}

TEST_F(RuntimeHost, IsNotReadyBeforeAnInstanceHasAskedForAnEvent) {
    FunctionSettings settings = fake_function();
    settings.environment["FAKE_START"] = "hang";
    FunctionHost& host = start(settings);
    ASSERT_TRUE(becomes([&] { return host.counts().instances == 1; }));
    EXPECT_EQ(host.counts().ready, 0U);
}

TEST_F(RuntimeHost, KillsAnInstanceThatNeverAsksForAnEvent) {
    FunctionSettings settings = fake_function();
    settings.environment["FAKE_START"] = "hang";
    settings.init_timeout = milliseconds(50);
    FunctionHost& host = start(settings);
    const auto result = host.invoke_and_wait("1");
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().type, "Runtime.InitError");
}

TEST_F(RuntimeHost, BacksOffFromAFunctionThatAlwaysDies) {
    FunctionSettings settings = fake_function();
    settings.environment["FAKE_START"] = "crash";
    settings.first_backoff = seconds(100);
    settings.max_backoff = seconds(100);
    FunctionHost& host = start(settings);
    EXPECT_FALSE(host.invoke_and_wait("1"));
    auto waiting = begin("2");
    // That nothing happens can only be seen by waiting; a slow machine cannot make this fail.
    EXPECT_EQ(waiting.wait_for(milliseconds(100)), std::future_status::timeout);
    EXPECT_EQ(children(), std::set<pid_t>());
    host.shutdown(milliseconds(0));
    EXPECT_EQ(waiting.get().error().kind, FailureKind::shutting_down);
}

TEST_F(RuntimeHost, RefusesABootstrapThatIsNoProgram) {
    FunctionSettings settings = fake_function();
    settings.bootstrap = "/nowhere/bootstrap";
    const auto host = FunctionHost::start(settings, loop_, clock_, log_);
    ASSERT_FALSE(host);
    EXPECT_EQ(host.error().message,
              "The function fake cannot be run: /nowhere/bootstrap is not an executable file.");
}

TEST_F(RuntimeHost, LetsRunningEventsFinishAtShutdown) {
    FunctionSettings settings = fake_function();
    settings.max_instances = 1;
    FunctionHost& host = start(settings);
    auto running = begin(R"("slow")");
    ASSERT_TRUE(becomes([&] { return host.counts().running == 1; }));
    auto waiting = begin(R"("slow")");
    host.shutdown(seconds(20));
    EXPECT_EQ(running.get().value(), R"("slow")");
    EXPECT_EQ(waiting.get().error().kind, FailureKind::shutting_down);
    EXPECT_EQ(host.invoke_and_wait("1").error().kind, FailureKind::shutting_down);
}

TEST_F(RuntimeHost, StopsWhatDoesNotFinishInTimeAtShutdown) {
    FunctionHost& host = start(fake_function());
    auto running = begin(R"("hang")");
    ASSERT_TRUE(becomes([&] { return host.counts().running == 1; }));
    host.shutdown(milliseconds(10));
    EXPECT_EQ(running.get().error().kind, FailureKind::timed_out);
    EXPECT_EQ(children(), std::set<pid_t>());
}

}  // namespace
}  // namespace tributary::lambda_runtime
