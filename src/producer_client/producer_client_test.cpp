#include "producer_client/producer_client.h"

#include <algorithm>
#include <deque>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/manual_clock.h"
#include "http/server.h"

namespace tributary::producer_client {
namespace {

using std::chrono::milliseconds;

event::Event event_named(const std::string& id) {
    event::Event event;
    event.id = id;
    event.json = R"({"id":")" + id + R"("})";
    return event;
}

std::vector<event::Event> events(int count) {
    std::vector<event::Event> made;
    for (int i = 0; i < count; ++i) made.push_back(event_named("e" + std::to_string(i)));
    return made;
}

/// A Producer that gives one prepared answer after another, and then goes on with the last one.
class ScriptedProducer final : public http::Handler {
public:
    ScriptedProducer()
        : server_(http::Server::listen(loop_, http::ServerSettings(), *this).value()) {
        loop_.start(1);
    }

    void answer(int status, std::string body, std::string retry_after = {}) {
        http::Response response;
        response.status = status;
        response.headers.add("Content-Type", "application/json");
        if (!retry_after.empty()) response.headers.add("Retry-After", std::move(retry_after));
        response.body = std::move(body);
        answers_.push_back(std::move(response));
    }
    void accept() {  // "receipts" are made for what was sent
        answer(0, "");
    }

    [[nodiscard]] http::Url url() const {
        return http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port()) + "/base")
            .value();
    }
    std::vector<http::Request> requests() {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }

private:
    void handle(http::Request request, http::Responder responder) override {
        const std::scoped_lock lock(mutex_);
        http::Response response = answers_.front();
        if (answers_.size() > 1) answers_.pop_front();
        if (response.status == 0) {
            response.status = 200;
            response.body = receipts_for(request.body);
        }
        requests_.push_back(std::move(request));
        responder.send(std::move(response));
    }

    static std::string receipts_for(const std::string& body) {
        std::string receipts;
        for (std::size_t at = body.find("\"id\""); at != std::string::npos;
             at = body.find("\"id\"", at + 1)) {
            const std::string id = body.substr(at + 6, body.find('"', at + 6) - at - 6);
            if (!receipts.empty()) receipts += ',';
            receipts += R"({"id":")" + id +
                        R"(","type":"order","topic":"orders","partition":0,"offset":7})";
        }
        return R"({"receipts":[)" + receipts + "]}";
    }

    http::EventLoop loop_;
    std::mutex mutex_;
    std::deque<http::Response> answers_;
    std::vector<http::Request> requests_;
    std::unique_ptr<http::Server> server_;
};

class ProducerClientTest : public ::testing::Test {
protected:
    ProducerClient client(Settings settings = {}) {
        settings.wait = [this](milliseconds time) {
            waits_.push_back(time);
            clock_.advance(time);
        };
        return ProducerClient(producer_.url(), token_, std::move(settings), clock_);
    }

    static constexpr milliseconds kLimit{10'000};
    ManualClock clock_;
    ScriptedProducer producer_;
    std::vector<milliseconds> waits_;
    TokenSource token_ = fixed_token("secret");
};

const char* const kUnauthorized =
    R"({"type":"/problems/unauthorized","title":"t","status":401,"detail":"who?","retry_safe":false})";

const char* const kBusy =
    R"({"type":"/problems/overloaded","title":"t","status":503,"detail":"busy","retry_safe":true})";

TEST_F(ProducerClientTest, SendsOneBatchAndGivesAReceiptPerEvent) {
    producer_.accept();
    const auto batch = events(3);
    const Sent sent = client().send(batch, kLimit);
    ASSERT_EQ(sent.outcomes.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
        ASSERT_TRUE(sent.outcomes[i]) << sent.outcomes[i].error().detail;
        EXPECT_EQ(sent.outcomes[i]->id, batch[i].id);
        EXPECT_EQ(sent.outcomes[i]->offset, 7);
    }
    const auto requests = producer_.requests();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].target, "/base/produce");
    EXPECT_EQ(requests[0].body, R"([{"id":"e0"},{"id":"e1"},{"id":"e2"}])");
    EXPECT_EQ(requests[0].headers.get("Content-Type"), "application/cloudevents-batch+json");
    EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer secret");
}

TEST_F(ProducerClientTest, ARequestBelongsToTheTraceThatItsEventsShare) {
    producer_.accept();
    const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    auto batch = events(2);
    for (event::Event& event : batch) event.traceparent = trace;
    client().send(batch, kLimit);
    batch[1].traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    client().send(batch, kLimit);
    client().send(events(1), kLimit);
    const auto requests = producer_.requests();
    ASSERT_EQ(requests.size(), 3U);
    EXPECT_EQ(requests[0].headers.get("traceparent"), trace);
    EXPECT_FALSE(requests[1].headers.contains("traceparent"));
    EXPECT_FALSE(requests[2].headers.contains("traceparent"));
}

TEST_F(ProducerClientTest, ReadsTheTokenAnewOnceWhenItIsRefused) {
    std::vector<bool> asked;
    token_ = [&](bool was_refused) -> Result<std::string> {
        asked.push_back(was_refused);
        const bool is_new = std::ranges::find(asked, true) != asked.end();
        return is_new ? "new" : "old";
    };
    producer_.answer(401, kUnauthorized);
    producer_.accept();
    const Sent sent = client().send(events(1), kLimit);
    EXPECT_TRUE(sent.outcomes[0]);
    const auto requests = producer_.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[0].headers.get("Authorization"), "Bearer old");
    EXPECT_EQ(requests[1].headers.get("Authorization"), "Bearer new");
    EXPECT_TRUE(waits_.empty());
}

TEST_F(ProducerClientTest, ATokenThatCannotBeHadIsAsGoodAsNoProducer) {
    token_ = [](bool) -> Result<std::string> {
        return fail(ErrorCode::unavailable, "The secret cannot be read.");
    };
    const Sent sent = client().send(events(1), kLimit);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 503);
    EXPECT_TRUE(sent.outcomes[0].error().retry_safe);
    EXPECT_NE(sent.outcomes[0].error().detail.find("The secret cannot be read."),
              std::string::npos);
    EXPECT_EQ(sent.unreachable, "The secret cannot be read.");
    EXPECT_TRUE(producer_.requests().empty());
    EXPECT_FALSE(waits_.empty());
}

TEST_F(ProducerClientTest, WhoAnswersInTheEndWasReached) {
    producer_.answer(503, kBusy, "60");
    token_ = [is_first = true](bool) mutable -> Result<std::string> {
        if (!std::exchange(is_first, false)) return std::string("token");
        return fail(ErrorCode::unavailable, "The secret cannot be read.");
    };
    const Sent sent = client().send(events(1), kLimit);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().detail, "busy");
    EXPECT_EQ(sent.unreachable, "");
}

TEST_F(ProducerClientTest, AnAttemptCutByTheLimitDoesNotHideWhyAnEarlierOneFailed) {
    int asked = 0;
    token_ = [&](bool) -> Result<std::string> {
        if (++asked == 1) return fail(ErrorCode::unavailable, "The secret cannot be read.");
        clock_.advance(kLimit);
        return fail(ErrorCode::unavailable, "it did not answer in time");
    };
    const Sent sent = client().send(events(1), kLimit);
    EXPECT_EQ(asked, 2);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 503);
    EXPECT_NE(sent.outcomes[0].error().detail.find("The secret cannot be read."),
              std::string::npos);
}

TEST_F(ProducerClientTest, SendsNothingForNoEvents) {
    EXPECT_TRUE(client().send({}, kLimit).outcomes.empty());
    EXPECT_TRUE(producer_.requests().empty());
}

TEST_F(ProducerClientTest, RepeatsOnlyWhatIsOpenOfAPartialAnswer) {
    producer_.answer(
        207,
        R"({"results":[{"id":"e0","type":"order","topic":"orders","partition":0,"offset":1},)"
        R"({"type":"/problems/invalid-event","title":"t","status":422,"detail":"bad","id":"e1","retry_safe":false},)" +
            std::string(kBusy) + "]}");
    producer_.accept();
    const Sent sent = client().send(events(3), kLimit);
    EXPECT_TRUE(sent.outcomes[0]);
    ASSERT_FALSE(sent.outcomes[1]);
    EXPECT_EQ(sent.outcomes[1].error().status, 422);
    ASSERT_TRUE(sent.outcomes[2]);
    EXPECT_EQ(sent.outcomes[2]->id, "e2");
    const auto requests = producer_.requests();
    ASSERT_EQ(requests.size(), 2U);
    EXPECT_EQ(requests[1].body, R"([{"id":"e2"}])");
}

TEST_F(ProducerClientTest, HonoursRetryAfterAndStopsWhereItDoesNotFitTheLimit) {
    producer_.answer(503, kBusy, "3");
    const Sent sent = client().send(events(1), milliseconds(8'000));
    EXPECT_EQ(waits_.size(), 2U);  // at 0, 3 and 6 seconds; a fourth would be too late
    for (const milliseconds wait : waits_) EXPECT_GE(wait, milliseconds(3'000));
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 503);
    EXPECT_EQ(sent.outcomes[0].error().id, "e0");
    EXPECT_EQ(sent.retry_after, milliseconds(3'000));
}

TEST_F(ProducerClientTest, BeginsNoAttemptBehindTheRetryWindow) {
    producer_.answer(503, kBusy, "1");
    Settings settings;
    settings.retry_window = milliseconds(1'500);
    client(settings).send(events(1), kLimit);
    EXPECT_EQ(producer_.requests().size(), 2U);
}

TEST_F(ProducerClientTest, ARefusalIsFinal) {
    producer_.answer(401, kUnauthorized);
    const Sent sent = client().send(events(2), kLimit);
    EXPECT_EQ(producer_.requests().size(), 1U);
    for (const auto& outcome : sent.outcomes) {
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().status, 401);
    }
}

TEST_F(ProducerClientTest, AnUnknownFateSurvivesALaterRefusal) {
    producer_.answer(
        504,
        R"({"type":"/problems/fate-unknown","title":"t","status":504,"detail":"d","fate":"unknown","retry_safe":true})");
    producer_.answer(503, kBusy);
    const Sent sent = client().send(events(1), milliseconds(1'000));
    EXPECT_GT(producer_.requests().size(), 1U);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 504);
    EXPECT_TRUE(sent.outcomes[0].error().fate_unknown);
}

TEST_F(ProducerClientTest, HalvesWhatIsTooLargeForOneRequest) {
    producer_.answer(
        413,
        R"({"type":"/problems/too-large","title":"t","status":413,"detail":"d","retry_safe":false})");
    producer_.accept();
    const Sent sent = client().send(events(4), kLimit);
    for (const auto& outcome : sent.outcomes) EXPECT_TRUE(outcome);
    EXPECT_EQ(producer_.requests().size(), 3U);
}

TEST_F(ProducerClientTest, HalvesABatchThatIsRefusedAsAWholeInsteadOfBlamingItsEvents) {
    producer_.answer(
        422,
        R"({"type":"/problems/invalid-event","title":"t","status":422,"detail":"more than 2 events","retry_safe":false})");
    producer_.accept();
    const Sent sent = client().send(events(4), kLimit);
    for (const auto& outcome : sent.outcomes) EXPECT_TRUE(outcome);
    EXPECT_EQ(producer_.requests().size(), 3U);
}

TEST_F(ProducerClientTest, AWholeRefusalOfOneEventIsThatEvents) {
    producer_.answer(
        422,
        R"({"type":"/problems/invalid-event","title":"t","status":422,"detail":"no","retry_safe":false})");
    const Sent sent = client().send(events(1), kLimit);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 422);
    EXPECT_EQ(producer_.requests().size(), 1U);
}

TEST_F(ProducerClientTest, NothingOvertakesARequestThatLeftSomethingOpen) {
    producer_.answer(503, kBusy);
    producer_.accept();
    Settings settings;
    settings.max_request_items = 2;
    const Sent sent = client(settings).send(events(5), kLimit);
    for (const auto& outcome : sent.outcomes) EXPECT_TRUE(outcome);
    std::vector<std::string> bodies;
    for (const auto& request : producer_.requests()) bodies.push_back(request.body);
    EXPECT_EQ(bodies, (std::vector<std::string>{
                          R"([{"id":"e0"},{"id":"e1"}])", R"([{"id":"e0"},{"id":"e1"}])",
                          R"([{"id":"e2"},{"id":"e3"}])", R"([{"id":"e4"}])"}));
}

TEST_F(ProducerClientTest, KeepsRequestsWithinItsLimits) {
    producer_.accept();
    Settings by_items;
    by_items.max_request_items = 2;
    client(by_items).send(events(5), kLimit);
    EXPECT_EQ(producer_.requests().size(), 3U);

    Settings by_bytes;
    by_bytes.max_request_bytes = 30;  // two events of eleven bytes
    const Sent sent = client(by_bytes).send(events(5), kLimit);
    EXPECT_EQ(producer_.requests().size(), 6U);
    for (const auto& outcome : sent.outcomes) EXPECT_TRUE(outcome);
    for (const auto& request : producer_.requests()) EXPECT_LE(request.body.size(), 30U);
}

TEST_F(ProducerClientTest, TellsAnAnswerThatIsNoProducers) {
    producer_.answer(404, "<html>nothing here</html>");
    const Sent sent = client().send(events(1), kLimit);
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 502);
    EXPECT_NE(sent.outcomes[0].error().detail.find("PRODUCER_URL"), std::string::npos);
    EXPECT_EQ(producer_.requests().size(), 1U);
}

TEST_F(ProducerClientTest, TriesAgainBehindAProxyThatAnswersWith502) {
    producer_.answer(502, "<html>bad gateway</html>");
    producer_.accept();
    EXPECT_TRUE(client().send(events(1), kLimit).outcomes[0]);
}

TEST(ProducerClientWithoutServer, SaysThatNothingWasTaken) {
    ManualClock clock;
    Settings settings;
    int waits = 0;
    settings.wait = [&](milliseconds time) {
        ++waits;
        clock.advance(time);
    };
    // Nobody listens on port 1, and nobody but root can.
    ProducerClient client(http::Url::parse("http://127.0.0.1:1").value(), fixed_token(""), settings,
                          clock);
    const Sent sent = client.send(events(2), milliseconds(2'000));
    for (const auto& outcome : sent.outcomes) {
        ASSERT_FALSE(outcome);
        EXPECT_EQ(outcome.error().status, 503);
        EXPECT_FALSE(outcome.error().fate_unknown);
        EXPECT_EQ(outcome.error().type, "/problems/producer-unavailable");
    }
    // However long the jitter makes the waits, three fit into the limit.
    EXPECT_GE(waits, 3);
}

TEST(ProducerClientWithoutServer, SendsNothingWithoutTime) {
    const ManualClock clock;
    ProducerClient client(http::Url::parse("http://127.0.0.1:1").value(), fixed_token(""), {},
                          clock);
    const Sent sent = client.send(events(1), milliseconds(0));
    ASSERT_FALSE(sent.outcomes[0]);
    EXPECT_EQ(sent.outcomes[0].error().status, 503);
}

}  // namespace
}  // namespace tributary::producer_client
