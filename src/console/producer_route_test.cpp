#include "console/producer_route.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/event_loop.h"

namespace tributary::console {
namespace {

/// Answers with what it was asked, as a Producer that is busy.
class Echo final : public http::Handler {
public:
    explicit Echo(std::string name) : name_(std::move(name)) {}
    void handle(http::Request request, http::Responder responder) override {
        http::Response response;
        response.status = 429;
        response.headers.set("Content-Type", "application/problem+json");
        response.headers.set("Retry-After", "7");
        response.body = name_ + " " + request.method + " " + request.target + " " + request.body +
                        " " + std::string(request.headers.get("Content-Type")) + " " +
                        std::string(request.headers.get("Idempotency-Key")) + " " +
                        std::string(request.headers.get("Authorization"));
        responder.send(std::move(response));
    }

private:
    const std::string name_;
};

class ProducerRouteTest : public testing::Test {
protected:
    ProducerRouteTest() {
        loop_.start(1);
        producer_server_ = std::move(*http::Server::listen(loop_, {}, producer_));
    }
    ~ProducerRouteTest() override {
        server_.reset();
        producer_server_.reset();
        route_.reset();
        loop_.stop();
    }
    void start(std::uint16_t producer_port) {
        const std::string url = "http://127.0.0.1:" + std::to_string(producer_port);
        route_ = std::make_unique<ProducerRoute>(*http::Url::parse(url), "secret", next_, clock_);
        server_ = std::move(*http::Server::listen(loop_, {}, *route_));
    }
    http::Response send(const std::string& method, const std::string& target,
                        const std::string& key = "k1", const std::string& encoding = "") {
        http::Client client(
            *http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port())));
        http::Request request;
        request.method = method;
        request.target = target;
        if (method == "POST") request.body = "{}";
        request.headers.set("Content-Type", "application/json");
        if (!key.empty()) request.headers.set("Idempotency-Key", key);
        if (!encoding.empty()) request.headers.set("Content-Encoding", encoding);
        request.headers.set("Cookie", "a=b");
        const auto response = client.send(std::move(request), std::chrono::seconds(10));
        EXPECT_TRUE(response) << response.error().message;
        return response.value_or(http::Response());
    }

    /// The id that the problem of such an answer names.
    static std::string id_of(const http::Response& answer) {
        const auto parsed = boost::json::parse(answer.body);
        const auto* id = parsed.as_object().if_contains("id");
        return id == nullptr ? "" : std::string(id->as_string());
    }

    const SystemClock clock_;
    Echo producer_{"producer"};
    Echo next_{"console"};
    http::EventLoop loop_;
    std::unique_ptr<http::Server> producer_server_;
    std::unique_ptr<ProducerRoute> route_;
    std::unique_ptr<http::Server> server_;
};

TEST_F(ProducerRouteTest, HandsEventsToTheProducerAndItsAnswerBack) {
    start(producer_server_->port());
    const auto answer = send("POST", "/events");
    EXPECT_EQ(answer.status, 429);
    EXPECT_EQ(answer.headers.get("Retry-After"), "7");
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(answer.body, "producer POST /produce {} application/json k1 Bearer secret");
}

TEST_F(ProducerRouteTest, EverythingElseGoesOn) {
    start(producer_server_->port());
    EXPECT_TRUE(send("GET", "/api/status").body.starts_with("console GET /api/status"));
    EXPECT_EQ(send("GET", "/events").status, 405);
}

TEST_F(ProducerRouteTest, SaysWhereTheProducerDoesNotAnswer) {
    const std::uint16_t port = producer_server_->port();
    producer_server_.reset();
    start(port);
    const auto answer = send("POST", "/events");
    EXPECT_EQ(answer.status, 503);
    EXPECT_NE(answer.body.find("The Producer gave no answer"), std::string::npos) << answer.body;
    EXPECT_EQ(id_of(answer), "k1");
    EXPECT_EQ(id_of(send("POST", "/events", "")).size(), 36U);
}

TEST_F(ProducerRouteTest, GivesAnEventWithoutAnIdOneBeforeItGoesOn) {
    start(producer_server_->port());
    const std::string body = send("POST", "/events", "").body;
    const std::string begin = "producer POST /produce {} application/json ";
    ASSERT_TRUE(body.starts_with(begin)) << body;
    EXPECT_EQ(body.substr(begin.size()).find(" Bearer secret"), 36U) << body;
}

TEST_F(ProducerRouteTest, ARequestThatCannotBeReadGetsAnIdToo) {
    start(producer_server_->port());
    const auto answer = send("POST", "/events", "", "br");
    EXPECT_EQ(answer.status, 415);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(id_of(answer).size(), 36U) << answer.body;
}

}  // namespace
}  // namespace tributary::console
