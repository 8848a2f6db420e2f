#include "receipt/outcome_log.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "telemetry/captured_log.h"

namespace tributary::receipt {
namespace {

constexpr const char* kSampled = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr const char* kOther = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

class OutcomeLogTest : public testing::Test {
protected:
    static Problem problem(bool is_fate_unknown) {
        Problem problem;
        problem.status = 422;
        problem.type = "/problems/invalid-event";
        problem.title = "It is no event";
        problem.detail = "The price is \"secret\".";
        problem.id = "a1";
        problem.fate_unknown = is_fate_unknown;
        return problem;
    }
    ManualClock clock_;
    telemetry::CapturedLog log_{clock_};
};

TEST_F(OutcomeLogTest, ASampledEventHasALineWithItsTraceAndItsPlace) {
    log_outcome(log_, "forward", kSampled, Receipt{"a1", "order", "orders", 3, 17});
    const auto lines = log_.lines({});
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_NE(lines[0].find(R"("level":"info")"), std::string::npos);
    EXPECT_NE(lines[0].find(R"("event":{"action":"forward","id":"a1","outcome":"success"},)"
                            R"("kafka":{"offset":17,"partition":3,"topic":"orders"},)"
                            R"("trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"})"),
              std::string::npos)
        << lines[0];
}

TEST_F(OutcomeLogTest, WhatWasNotAcceptedSaysWhyWithoutItsContent) {
    log_outcome(log_, "publish", kSampled, std::unexpected(problem(false)));
    log_outcome(log_, "publish", kSampled, std::unexpected(problem(true)));
    EXPECT_EQ(log_.lines({R"("outcome":"failure")", R"("code":"422")",
                          R"("type":"/problems/invalid-event")", R"("message":"It is no event")"})
                  .size(),
              1U);
    EXPECT_EQ(log_.lines({R"("outcome":"unknown")"}).size(), 1U);
    EXPECT_TRUE(log_.lines({"secret"}).empty());
}

TEST_F(OutcomeLogTest, OthersHaveNone) {
    for (const char* traceparent : {kOther, "", "01"}) {
        log_outcome(log_, "forward", traceparent, Receipt{"a1", "order", "orders", 3, 17});
        log_outcome(log_, "forward", traceparent, std::unexpected(problem(false)));
    }
    EXPECT_TRUE(log_.lines({}).empty());
}

}  // namespace
}  // namespace tributary::receipt
