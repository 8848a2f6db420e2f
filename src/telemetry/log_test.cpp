#include "telemetry/log.h"

#include <array>
#include <gtest/gtest.h>
#include <string>
#include <unistd.h>

#include "base/manual_clock.h"
#include "telemetry/captured_log.h"

namespace tributary::telemetry {
namespace {

/// A log that writes into a pipe, and what was written so far.
class LogTest : public testing::Test {
protected:
    LogTest() { EXPECT_EQ(::pipe(pipe_.data()), 0); }
    ~LogTest() override {
        ::close(pipe_[0]);
        ::close(pipe_[1]);
    }
    Log make(bool human = false, Level minimum = Level::info) {
        return Log({.service = "test", .minimum = minimum, .fd = pipe_[1], .human = human}, clock_);
    }
    std::string written() {
        std::array<char, 65536> buffer{};
        const ssize_t size = ::read(pipe_[0], buffer.data(), buffer.size());
        return size > 0 ? std::string(buffer.data(), static_cast<std::size_t>(size)) : "";
    }
    ManualClock clock_;
    std::array<int, 2> pipe_{};
};

TEST_F(LogTest, WritesOneEcsObjectALineWithNestedFields) {
    Log log = make();
    log.info("Listening.", {{"server.port", 8081},
                            {"event.id", "a"},
                            {"event.ok", true},
                            {"event.ratio", 0.5},
                            {"server.address", "::1"}});
    EXPECT_EQ(written(),
              R"({"@timestamp":"2026-05-28T20:26:40.000Z","log":{"level":"info"},)"
              R"("message":"Listening.","service":{"name":"test"},"ecs":{"version":"8.11"},)"
              R"("event":{"id":"a","ok":true,"ratio":0.5},)"
              R"("server":{"address":"::1","port":8081}})"
              "\n");
}

TEST_F(LogTest, ValuesCannotForgeALineOrBreakTheJson) {
    Log log = make();
    log.info("a\r\nb", {{"x", "\"},\n{\\\x01\xff\xc3\xa9"}});
    const std::string line = written();
    EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
    EXPECT_NE(line.find(R"("message":"a\u000d\u000ab")"), std::string::npos);
    EXPECT_NE(line.find("\"\\\"},\\u000a{\\\\\\u0001\xef\xbf\xbd\xc3\xa9\""), std::string::npos);

    Log human = make(true);
    human.info("a\nb", {{"x", "1\n2"}});
    const std::string text = written();
    EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 1);
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
    Log log = make(false, Level::warn);
    log.info("no");
    log.warn("yes");
    EXPECT_EQ(written().find("no"), std::string::npos);
}

TEST_F(LogTest, ReportsAnErrorWithItsCode) {
    Log log = make();
    log.error("Cannot write.", Error(ErrorCode::unavailable, "The disk is gone."));
    EXPECT_NE(written().find(R"("error":{"code":"unavailable","message":"The disk is gone."})"),
              std::string::npos);
}

TEST_F(LogTest, LimitsRepeatsAndSaysHowManyWereLeftOut) {
    Log log = make();
    for (int i = 0; i < 50; ++i) log.warn("Again.");
    const std::string first = written();
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 10);
    clock_.advance(std::chrono::seconds(11));
    log.warn("Again.");
    EXPECT_NE(
        written().find(R"("log":{"level":"warn","original":"Again.","suppressed":40},"message":)"),
        std::string::npos);
}

TEST_F(LogTest, LimitsTheLinesOfOneTraceAndOfNoOther) {
    Log log = make();
    for (int i = 0; i < 50; ++i) {
        log.info("Done.", {{"event.id", std::to_string(i)}, {"trace.id", "a-file"}});
    }
    log.info("Done.", {{"event.id", "0"}, {"trace.id", "another"}});
    for (int i = 0; i < 20; ++i) log.info("No trace.");
    const std::string first = written();
    EXPECT_EQ(std::count(first.begin(), first.end(), '\n'), 10 + 1 + 20);
    log.info("An import ended.", {{"trace.id", "a-file"}});
    EXPECT_NE(written().find("An import ended."), std::string::npos);
    clock_.advance(std::chrono::seconds(11));
    log.info("Done.", {{"event.id", "50"}, {"trace.id", "a-file"}});
    EXPECT_NE(written().find(R"("original":"Done.","suppressed":40)"), std::string::npos);
}

TEST_F(LogTest, ManyTracesDoNotForgetTheLimitOfWarnings) {
    CapturedLog log(clock_);
    for (int i = 0; i < 10; ++i) log.warn("Again.");
    for (int i = 0; i < 2'000; ++i) {
        log.info("Done.", {{"event.id", "0"}, {"trace.id", std::to_string(i)}});
    }
    log.warn("Again.");
    EXPECT_EQ(log.lines({"Again."}).size(), 10U);
    EXPECT_EQ(log.lines({"Done."}).size(), 2'000U);
}

TEST(LogLevel, NamesWhatIsAllowed) {
    EXPECT_EQ(parse_level("warn").value(), Level::warn);
    EXPECT_NE(parse_level("loud").error().message.find("debug, info, warn or error"),
              std::string::npos);
}

}  // namespace
}  // namespace tributary::telemetry
