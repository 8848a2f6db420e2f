#include "receipt/receipt.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "receipt/json_text.h"

namespace tributary::receipt {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

Receipt receipt_with(const std::string& id) {
    return {id, "order", "orders", 3, 4'294'967'296};
}

ItemOutcome accepted(const std::string& id) {
    return receipt_with(id);
}

ItemOutcome failed(ErrorCode code, const std::string& id) {
    return std::unexpected(problem_of(Error(code, "The queue is full; retry."), id));
}

ItemOutcome invalid(const std::string& id) {
    return std::unexpected(problem_of(
        event::Rejection(event::Rejection::Kind::invalid, "Two things are wrong.",
                         {{"/data/total", "is a string"}, {"/data/date", "is no date"}}, id)));
}

json::object body_of(const Answer& answer) {
    return json::parse(answer.body).as_object();
}

void expect_same(const ItemOutcome& left, const ItemOutcome& right) {
    ASSERT_EQ(left.has_value(), right.has_value());
    if (left) {
        EXPECT_EQ(left->id, right->id);
        EXPECT_EQ(left->type, right->type);
        EXPECT_EQ(left->topic, right->topic);
        EXPECT_EQ(left->partition, right->partition);
        EXPECT_EQ(left->offset, right->offset);
        return;
    }
    const Problem& a = left.error();
    const Problem& b = right.error();
    EXPECT_EQ(a.status, b.status);
    EXPECT_EQ(a.type, b.type);
    EXPECT_EQ(a.title, b.title);
    EXPECT_EQ(a.detail, b.detail);
    EXPECT_EQ(a.id, b.id);
    EXPECT_EQ(a.retry_safe, b.retry_safe);
    EXPECT_EQ(a.fate_unknown, b.fate_unknown);
    ASSERT_EQ(a.violations.size(), b.violations.size());
    for (std::size_t i = 0; i < a.violations.size(); ++i) {
        EXPECT_EQ(a.violations[i].pointer, b.violations[i].pointer);
        EXPECT_EQ(a.violations[i].message, b.violations[i].message);
    }
}

void expect_round_trip(const std::vector<ItemOutcome>& outcomes, bool is_batch) {
    const Answer answer = compose(outcomes, is_batch, 1s);
    const auto parsed = parse(answer.status, answer.body, outcomes.size());
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    ASSERT_EQ(parsed->size(), outcomes.size());
    for (std::size_t i = 0; i < outcomes.size(); ++i) expect_same((*parsed)[i], outcomes[i]);
}

TEST(Compose, GivesTheReceiptOfOneEvent) {
    const Answer answer = compose({accepted("a")}, false, 1s);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.content_type, "application/json");
    EXPECT_EQ(answer.body,
              R"({"id":"a","type":"order","topic":"orders","partition":3,"offset":4294967296})");
    EXPECT_FALSE(answer.retry_after.has_value());
}

TEST(Compose, GivesReceiptsOfAWholeBatch) {
    const Answer answer = compose({accepted("a"), accepted("b")}, true, 1s);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(body_of(answer).at("receipts").at(1).at("id"), "b");
}

TEST(Compose, GivesTheReceiptsOfABatchOfOneAsAList) {
    const Answer answer = compose({accepted("a")}, true, 1s);
    EXPECT_EQ(body_of(answer).at("receipts").as_array().size(), 1U);
}

TEST(Compose, GivesResultsInOrderWhenOnlySomeWereAccepted) {
    const Answer answer = compose({invalid("a"), accepted("b")}, true, 1s);
    EXPECT_EQ(answer.status, 207);
    EXPECT_EQ(answer.content_type, "application/json");
    const json::object body = body_of(answer);
    EXPECT_EQ(body.at("results").at(0).at("status"), 422);
    EXPECT_EQ(body.at("results").at(1).at("offset"), 4'294'967'296);
}

TEST(Compose, GivesTheCommonStatusWhenNoneWasAccepted) {
    const Answer answer = compose({invalid("a"), invalid("b")}, true, 1s);
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.content_type, "application/problem+json");
    EXPECT_EQ(body_of(answer).at("status"), 422);
    EXPECT_EQ(body_of(answer).at("results").as_array().size(), 2U);
}

TEST(Compose, GivesResultsWhenNoneWasAcceptedForDifferentReasons) {
    const Answer answer = compose({invalid("a"), failed(ErrorCode::timed_out, "b")}, true, 1s);
    EXPECT_EQ(answer.status, 207);
}

TEST(Compose, SaysWhenToRetryWhereAnyItemMayBeRetried) {
    const ItemOutcome full = failed(ErrorCode::retry_later, "b");
    EXPECT_EQ(compose({full}, false, 1500ms).retry_after, 1500ms);
    EXPECT_EQ(compose({full, full}, true, 1500ms).retry_after, 1500ms);
    EXPECT_EQ(compose({accepted("a"), full}, true, 1500ms).retry_after, 1500ms);
    EXPECT_FALSE(compose({accepted("a"), invalid("b")}, true, 1500ms).retry_after.has_value());
    EXPECT_FALSE(
        compose({failed(ErrorCode::timed_out, "a")}, false, 1500ms).retry_after.has_value());
}

TEST(Compose, WritesEveryMemberOfAProblem) {
    const json::object body = body_of(compose({invalid("a")}, false, 1s));
    EXPECT_EQ(body.at("type"), "/problems/invalid-event");
    EXPECT_EQ(body.at("title"), "The event is not valid");
    EXPECT_EQ(body.at("status"), 422);
    EXPECT_EQ(body.at("detail"), "Two things are wrong.");
    EXPECT_EQ(body.at("id"), "a");
    EXPECT_EQ(body.at("retry_safe"), false);
    EXPECT_EQ(body.at("errors").at(1).at("pointer"), "/data/date");
    EXPECT_FALSE(body.contains("fate"));
}

TEST(Compose, WritesJsonWhateverWasReceived) {
    Problem problem;
    problem.title = "t";
    problem.detail = "\"quoted\"\n\x01 and \xff\xc3 broken";
    const Answer answer = compose(problem, std::nullopt);
    EXPECT_EQ(body_of(answer).at("detail"), "\"quoted\"\n\x01 and ?? broken");
}

TEST(ProblemOf, TellsWhatTheLogsErrorsMeanForTheClient) {
    struct Row {
        ErrorCode code;
        int status;
        bool retry_safe;
        bool fate_unknown;
    };
    const Row rows[] = {
        {ErrorCode::retry_later, 503, true, false},    {ErrorCode::unavailable, 503, true, false},
        {ErrorCode::shutting_down, 503, true, false},  {ErrorCode::not_found, 503, true, false},
        {ErrorCode::invalid_input, 413, false, false}, {ErrorCode::timed_out, 504, true, true},
        {ErrorCode::conflict, 500, true, true},        {ErrorCode::corrupt_data, 500, true, true},
        {ErrorCode::internal, 500, true, true},
    };
    for (const Row& row : rows) {
        const Problem problem = problem_of(Error(row.code, "why"), "id-1");
        EXPECT_EQ(problem.status, row.status) << to_string(row.code);
        EXPECT_EQ(problem.retry_safe, row.retry_safe) << to_string(row.code);
        EXPECT_EQ(problem.fate_unknown, row.fate_unknown) << to_string(row.code);
        EXPECT_EQ(problem.detail, "why");
        EXPECT_EQ(problem.id, "id-1");
        EXPECT_FALSE(problem.title.empty());
        EXPECT_TRUE(problem.type.starts_with("/problems/")) << problem.type;
    }
}

TEST(ProblemOf, GivesEachKindOfRejectionItsStatus) {
    using Kind = event::Rejection::Kind;
    EXPECT_EQ(problem_of(event::Rejection(Kind::malformed, "d", {}, "")).status, 400);
    EXPECT_EQ(problem_of(event::Rejection(Kind::unsupported_format, "d", {}, "")).status, 415);
    EXPECT_EQ(problem_of(event::Rejection(Kind::invalid, "d", {}, "")).status, 422);
}

TEST(RetryAfterHeader, IsWholeSecondsRoundedUpAndNeverZero) {
    EXPECT_EQ(retry_after_header(0ms), "1");
    EXPECT_EQ(retry_after_header(1ms), "1");
    EXPECT_EQ(retry_after_header(1000ms), "1");
    EXPECT_EQ(retry_after_header(1001ms), "2");
}

TEST(Parse, ReadsBackWhatWasComposed) {
    const ItemOutcome unknown = failed(ErrorCode::timed_out, "u");
    expect_round_trip({accepted("a")}, false);
    expect_round_trip({accepted("a")}, true);
    expect_round_trip({accepted("a"), accepted("b")}, true);
    expect_round_trip({accepted("a"), invalid("b"), unknown}, true);
    expect_round_trip({invalid("a"), invalid("b")}, true);
    expect_round_trip({invalid("a")}, false);
    expect_round_trip({unknown}, false);
    expect_round_trip({}, true);
}

TEST(Parse, GivesAProblemOfTheWholeRequestToEveryEvent) {
    Problem problem;
    problem.status = 401;
    problem.type = "/problems/unauthorized";
    problem.title = "Who are you?";
    const auto parsed = parse(401, compose(problem, std::nullopt).body, 3);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
    ASSERT_EQ(parsed->size(), 3U);
    for (const ItemOutcome& outcome : *parsed) EXPECT_EQ(outcome.error().status, 401);
}

TEST(Parse, RefusesWhatNoProducerSays) {
    struct Row {
        int status;
        const char* body;
        std::size_t expected;
    };
    const Row rows[] = {
        {502, "<html>Bad Gateway</html>", 1},
        {200, "", 1},
        {200, "[]", 1},
        {200, "{}", 1},
        {504, R"({"message":"Endpoint request timed out"})", 1},
        {200, R"({"id":"a","type":"order","topic":"orders","partition":0})", 1},
        {200, R"({"id":"a","type":"order","topic":"orders","partition":3000000000,"offset":1})", 1},
        {200, R"({"id":"a","type":"order","topic":"orders","partition":0,"offset":1})", 2},
        {200, R"({"receipts":[]})", 1},
        {200, R"({"receipts":[{"id":1}]})", 1},
        {200, R"({"receipts":{}})", 1},
        {503, R"({"id":"a","type":"order","topic":"orders","partition":0,"offset":1})", 1},
        {200, R"({"type":"/problems/x","title":"t","status":503})", 1},
    };
    for (const Row& row : rows) {
        const auto parsed = parse(row.status, row.body, row.expected);
        ASSERT_FALSE(parsed.has_value()) << row.body;
        EXPECT_EQ(parsed.error().code, ErrorCode::corrupt_data);
    }
}

TEST(Parse, QuotesOnlyTheBeginningOfAForeignAnswer) {
    const auto parsed = parse(502, std::string(100'000, 'x'), 1);
    ASSERT_FALSE(parsed.has_value());
    EXPECT_LT(parsed.error().message.size(), 600U);
}

TEST(Utf8Only, KeepsValidTextAndReplacesTheRest) {
    EXPECT_EQ(utf8_only("plain, ü, €, 😀"), "plain, ü, €, 😀");
    EXPECT_EQ(utf8_only("\xc0\xaf"), "??");            // overlong
    EXPECT_EQ(utf8_only("\xed\xa0\x80"), "???");       // a surrogate
    EXPECT_EQ(utf8_only("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
    EXPECT_EQ(utf8_only("cut \xe2\x82"), "cut ??");    // cut off
    EXPECT_EQ(utf8_only("a\x80z"), "a?z");
}

}  // namespace
}  // namespace tributary::receipt
