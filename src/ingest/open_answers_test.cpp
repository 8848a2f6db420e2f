#include "ingest/open_answers.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <thread>

#include "base/manual_clock.h"

namespace tributary::ingest {
namespace {

using namespace std::chrono_literals;

class OpenAnswersTest : public testing::Test {
protected:
    OpenAnswersTest()
        : answers(std::make_shared<OpenAnswers>(loop, clock, 20s, [this](const auto& outcome) {
              ++(outcome.has_value() ? late_accepted : late_failed);
          })) {
        loop.start(1);
    }

    static OpenAnswers::Outcomes waiting_for(const std::vector<std::string>& ids) {
        OpenAnswers::Outcomes outcomes;
        for (const std::string& id : ids) {
            outcomes.emplace_back(receipt::Receipt{id, "order", "orders"});
        }
        return outcomes;
    }

    /// Starts to wait; the future holds what is answered.
    std::pair<event_log::Writer::Done, std::future<OpenAnswers::Outcomes>> wait_for(
        OpenAnswers::Outcomes outcomes, std::vector<std::size_t> open) {
        std::promise<OpenAnswers::Outcomes> promise;
        auto future = promise.get_future();
        auto done =
            answers->wait_for(std::move(outcomes), std::move(open),
                              [promise = std::move(promise)](OpenAnswers::Outcomes given) mutable {
                                  promise.set_value(std::move(given));
                              });
        return {std::move(done), std::move(future)};
    }

    static event_log::AppendOutcome at(std::int64_t offset) {
        return event_log::LogPosition{.partition = 2, .offset = offset, .timestamp = {}};
    }

    ManualClock clock;
    std::atomic<int> late_accepted = 0;
    std::atomic<int> late_failed = 0;
    http::EventLoop loop;
    std::shared_ptr<OpenAnswers> answers;
};

TEST_F(OpenAnswersTest, PutsTheReportWhereItBelongs) {
    auto outcomes = waiting_for({"a", "b", "c"});
    outcomes[1] = std::unexpected(receipt::problem_of(Error(ErrorCode::invalid_input, "x"), "b"));
    auto [report, given] = wait_for(std::move(outcomes), {0, 2});
    EXPECT_EQ(answers->size(), 1U);
    report({at(10), fail(ErrorCode::unavailable, "no broker")});
    const auto result = given.get();
    EXPECT_EQ(result[0]->offset, 10);
    EXPECT_EQ(result[1].error().status, 413);
    EXPECT_EQ(result[2].error().status, 503);
    EXPECT_EQ(result[2].error().id, "c");
    EXPECT_EQ(answers->size(), 0U);
}

TEST_F(OpenAnswersTest, SaysThatTheFateIsUnknownAtTheDeadline) {
    auto [report, given] = wait_for(waiting_for({"a"}), {0});
    clock.advance(19'999ms);
    EXPECT_EQ(given.wait_for(250ms), std::future_status::timeout);
    clock.advance(1ms);
    ASSERT_EQ(given.wait_for(10s), std::future_status::ready);
    const auto result = given.get();
    EXPECT_EQ(result[0].error().status, 504);
    EXPECT_TRUE(result[0].error().fate_unknown);
    EXPECT_TRUE(result[0].error().retry_safe);
    EXPECT_EQ(result[0].error().id, "a");
}

TEST_F(OpenAnswersTest, CountsReportsThatComeTooLate) {
    auto [report, given] = wait_for(waiting_for({"a", "b"}), {0, 1});
    clock.advance(20s);
    ASSERT_EQ(given.wait_for(10s), std::future_status::ready);
    report({at(1), fail(ErrorCode::unavailable, "no broker")});
    EXPECT_EQ(late_accepted, 1);
    EXPECT_EQ(late_failed, 1);
}

TEST_F(OpenAnswersTest, GivesEachAnswerOnceWhenReportAndDeadlineRace) {
    constexpr int kAnswers = 2'000;
    std::atomic<int> given = 0;
    std::vector<event_log::Writer::Done> reports;
    for (int i = 0; i < kAnswers; ++i) {
        reports.push_back(answers->wait_for(waiting_for({"a"}), {0}, [&](auto) { ++given; }));
    }
    clock.advance(20s);
    for (auto& report : reports) report({at(1)});
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    while (given < kAnswers && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_EQ(given, kAnswers);
    EXPECT_EQ(answers->size(), 0U);
}

TEST_F(OpenAnswersTest, StaysUsableForReportsWhenItsOwnerHasGone) {
    auto [report, given] = wait_for(waiting_for({"a"}), {0});
    answers.reset();
    report({at(5)});
    EXPECT_EQ(given.get()[0]->offset, 5);
}

}  // namespace
}  // namespace tributary::ingest
