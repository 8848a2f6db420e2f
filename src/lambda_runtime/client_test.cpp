#include "lambda_runtime/client.h"

#include <deque>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "base/manual_clock.h"
#include "http/server.h"
#include "lambda_runtime/runtime_api.h"

namespace tributary::lambda_runtime {
namespace {

/// Lambda's side, scripted: hands out events, writes down what comes back.
class ScriptedApi final : public http::Handler {
public:
    struct Received {
        std::string path;
        std::string error_type;
        std::string body;
    };

    ScriptedApi() {
        loop_.start(1);
        server_ = std::move(*http::Server::listen(loop_, {}, *this));
    }
    ~ScriptedApi() override {
        server_->drain(std::chrono::milliseconds(0));
        server_.reset();
        loop_.stop();
    }

    /// After the last one, `next` answers 500: the end.
    void script(http::Response response) { next_.push_back(std::move(response)); }
    void script_event(const std::string& id, const std::string& payload) {
        http::Response response;
        response.headers.add(std::string(kRequestIdHeader), id);
        response.headers.add(std::string(kDeadlineHeader), "1780000012345");
        response.headers.add(std::string(kTraceHeader), "Root=1-a-b;Sampled=1");
        response.headers.add(std::string(kArnHeader), "arn:aws:lambda:eu-west-1:1:function:f");
        response.body = payload;
        script(std::move(response));
    }
    void script_status(int status) {
        http::Response response;
        response.status = status;
        script(std::move(response));
    }
    void refuse_responses_with(int status) { response_status_ = status; }

    [[nodiscard]] std::string address() const {
        return "127.0.0.1:" + std::to_string(server_->port());
    }
    std::vector<Received> received() {
        const std::scoped_lock lock(mutex_);
        return received_;
    }
    int next_calls() {
        const std::scoped_lock lock(mutex_);
        return next_calls_;
    }

    void handle(http::Request request, http::Responder responder) override {
        const std::scoped_lock lock(mutex_);
        http::Response response;
        if (request.path() == kNextPath) {
            ++next_calls_;
            response.status = 500;
            if (!next_.empty()) {
                response = std::move(next_.front());
                next_.pop_front();
            }
        } else {
            const bool is_response = request.path().ends_with(kResponseSuffix);
            response.status = is_response ? response_status_ : 202;
            received_.push_back({std::string(request.path()),
                                 std::string(request.headers.get(kErrorTypeHeader)), request.body});
        }
        responder.send(std::move(response));
    }

private:
    std::mutex mutex_;
    std::deque<http::Response> next_;
    std::vector<Received> received_;
    int next_calls_ = 0;
    int response_status_ = 202;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

class ScriptedFunction final : public Function {
public:
    Outcome invoke(const Invocation& invocation) override {
        invocations.push_back(invocation);
        if (invocation.payload == "throw") throw std::runtime_error("boom");
        if (invocation.payload == "throw an int") throw 1;
        if (invocation.payload == "fail") {
            return std::unexpected(FunctionError("My.Error", "It \"cannot\" be."));
        }
        return "answer to " + invocation.payload;
    }
    void after_answer() override {
        answered_before_after = api == nullptr ? 0 : api->received().size();
        ++after_answers;
    }
    ScriptedApi* api = nullptr;
    std::size_t answered_before_after = 0;
    int after_answers = 0;
    std::vector<Invocation> invocations;
};

class RuntimeClient : public ::testing::Test {
protected:
    int run() { return serve(function_, api_.address(), log_, clock_); }

    ManualClock clock_;
    telemetry::Log log_{{.service = "test", .fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC)},
                        clock_};
    ScriptedApi api_;
    ScriptedFunction function_;
};

TEST_F(RuntimeClient, TheFunctionHasAMomentAfterEachAnswer) {
    function_.api = &api_;
    api_.script_event("1", "a");
    run();
    EXPECT_EQ(function_.answered_before_after, 1U);
    api_.script_event("2", "fail");
    run();
    EXPECT_EQ(function_.after_answers, 2);
}

TEST_F(RuntimeClient, AnswersEventAfterEventUntilTheApiEnds) {
    api_.script_event("id-1", "one");
    api_.script_event("id-2", "two");
    EXPECT_EQ(run(), 1);
    const auto received = api_.received();
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].path, "/2018-06-01/runtime/invocation/id-1/response");
    EXPECT_EQ(received[0].body, "answer to one");
    EXPECT_EQ(received[1].path, "/2018-06-01/runtime/invocation/id-2/response");
    EXPECT_EQ(received[1].body, "answer to two");
    EXPECT_EQ(api_.next_calls(), 3) << "a 500 is the end, not something to retry";
}

TEST_F(RuntimeClient, GivesTheFunctionEverythingThatLambdaTells) {
    api_.script_event("id-1", R"({"a":1})");
    run();
    ASSERT_EQ(function_.invocations.size(), 1U);
    const Invocation& invocation = function_.invocations[0];
    EXPECT_EQ(invocation.request_id, "id-1");
    EXPECT_EQ(invocation.payload, R"({"a":1})");
    EXPECT_EQ(invocation.deadline, Timestamp(std::chrono::milliseconds(1'780'000'012'345)));
    EXPECT_EQ(invocation.trace_id, "Root=1-a-b;Sampled=1");
    EXPECT_EQ(invocation.function_arn, "arn:aws:lambda:eu-west-1:1:function:f");
}

TEST_F(RuntimeClient, ReportsTheFunctionsErrorAndGoesOn) {
    api_.script_event("id-1", "fail");
    api_.script_event("id-2", "two");
    run();
    const auto received = api_.received();
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[0].path, "/2018-06-01/runtime/invocation/id-1/error");
    EXPECT_EQ(received[0].error_type, "My.Error");
    EXPECT_EQ(received[0].body,
              R"({"errorMessage":"It \"cannot\" be.","errorType":"My.Error","stackTrace":[]})");
    EXPECT_EQ(received[1].body, "answer to two");
}

TEST_F(RuntimeClient, ReportsAThrowingFunctionAndGoesOn) {
    api_.script_event("id-1", "throw");
    api_.script_event("id-2", "throw an int");
    api_.script_event("id-3", "three");
    run();
    const auto received = api_.received();
    ASSERT_EQ(received.size(), 3U);
    EXPECT_NE(received[0].body.find("boom"), std::string::npos);
    EXPECT_TRUE(received[1].path.ends_with("/id-2/error"));
    EXPECT_EQ(received[2].body, "answer to three");
}

TEST_F(RuntimeClient, ReportsAnAnswerThatLambdaFindsTooLarge) {
    api_.refuse_responses_with(413);
    api_.script_event("id-1", "one");
    run();
    const auto received = api_.received();
    ASSERT_EQ(received.size(), 2U);
    EXPECT_EQ(received[1].path, "/2018-06-01/runtime/invocation/id-1/error");
    EXPECT_EQ(received[1].error_type, "Function.ResponseSizeTooLarge");
    EXPECT_NE(received[1].body.find("13 bytes"), std::string::npos) << received[1].body;
}

TEST_F(RuntimeClient, GivesUpAfterThreeFailuresInARow) {
    for (int i = 0; i < 2; ++i) api_.script_status(503);
    api_.script_event("id-1", "one");  // Two failures are forgotten after a success.
    for (int i = 0; i < 3; ++i) api_.script_status(503);
    api_.script_event("id-2", "never fetched");
    EXPECT_EQ(run(), 1);
    EXPECT_EQ(api_.next_calls(), 6);
    EXPECT_EQ(function_.invocations.size(), 1U);
}

TEST_F(RuntimeClient, DoesNotRunAnEventWithoutIdOrDeadline) {
    http::Response response;
    response.body = "one";
    api_.script(response);
    response.headers.add(std::string(kRequestIdHeader), "id-1");
    response.headers.add(std::string(kDeadlineHeader), "soon");
    api_.script(response);
    run();
    EXPECT_TRUE(function_.invocations.empty());
}

TEST_F(RuntimeClient, EndsWhereNobodyListens) {
    EXPECT_EQ(serve(function_, "127.0.0.1:1", log_, clock_), 1);
    EXPECT_EQ(serve(function_, "no port", log_, clock_), 1);
}

TEST_F(RuntimeClient, ReportsAFailedStart) {
    const FunctionError error("My.Unconfigured", "PRODUCER_URL is missing.");
    EXPECT_EQ(report_init_error(api_.address(), error, log_), 1);
    const auto received = api_.received();
    ASSERT_EQ(received.size(), 1U);
    EXPECT_EQ(received[0].path, "/2018-06-01/runtime/init/error");
    EXPECT_EQ(received[0].error_type, "My.Unconfigured");
    EXPECT_EQ(parse_error_body(received[0].body).message, "PRODUCER_URL is missing.");
}

TEST(RuntimeApiErrorBody, SurvivesWhatIsNotAnErrorBody) {
    EXPECT_EQ(parse_error_body("Segmentation fault").message, "Segmentation fault");
    EXPECT_EQ(parse_error_body("[1]").type, "Unhandled");
    EXPECT_EQ(parse_error_body(R"({"errorType":5})").type, "Unhandled");
}

}  // namespace
}  // namespace tributary::lambda_runtime
