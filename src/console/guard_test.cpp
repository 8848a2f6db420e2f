#include "console/guard.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "http/client.h"
#include "http/event_loop.h"

namespace tributary::console {
namespace {

/// Says "passed" to everything.
class Passed final : public http::Handler {
public:
    void handle(http::Request, http::Responder responder) override {
        http::Response response;
        response.body = "passed";
        responder.send(std::move(response));
    }
};

class GuardTest : public testing::Test {
protected:
    void start(GuardSettings settings = {}) {
        guard_ = std::make_unique<Guard>(std::move(settings), next_, clock_);
        loop_.start(1);
        server_ = std::move(*http::Server::listen(loop_, {}, *guard_));
        own_ = "127.0.0.1:" + std::to_string(server_->port());
    }
    ~GuardTest() override {
        server_.reset();
        loop_.stop();
    }

    using Fields = std::vector<std::pair<std::string, std::string>>;
    http::Response answer(const std::string& method, const std::string& target,
                          const Fields& fields, const std::string& body = "") {
        http::Client client(*http::Url::parse("http://" + own_));
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = body;
        for (const auto& [name, value] : fields) request.headers.set(name, value);
        auto response = client.send(std::move(request), std::chrono::seconds(10));
        EXPECT_TRUE(response) << response.error().message;
        return response ? std::move(*response) : http::Response();
    }
    int status(const std::string& method, const std::string& target, const Fields& fields,
               const std::string& body = "") {
        return answer(method, target, fields, body).status;
    }
    std::string id_of(const http::Response& response) {
        const auto problem = boost::json::parse(response.body);
        return std::string(problem.at("id").as_string());
    }
    [[nodiscard]] std::string own_origin() const { return "http://" + own_; }

    std::string own_;

private:
    const SystemClock clock_;
    Passed next_;
    std::unique_ptr<Guard> guard_;
    http::EventLoop loop_;
    std::unique_ptr<http::Server> server_;
};

TEST_F(GuardTest, KnowsItsOwnHostsAndRefusesOthers) {
    GuardSettings settings;
    settings.allowed_hosts = {"Console.example"};
    start(std::move(settings));
    for (const char* host : {"127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:8080",
                             "10.1.2.3:80", "console.example", "console.EXAMPLE:8080"}) {
        EXPECT_EQ(status("GET", "/", {{"Host", host}}), 200) << host;
    }
    for (const char* host : {"evil.example", "evil.example:8080", "localhost.evil.example",
                             "127.0.0.1.evil.example", "console.example.evil.example", "1.2.3"}) {
        EXPECT_EQ(status("GET", "/api/events", {{"Host", host}}), 421) << host;
        EXPECT_EQ(status("POST", "/events", {{"Host", host}}, "{}"), 421) << host;
    }
}

TEST_F(GuardTest, ProbesAreNeverRefused) {
    GuardSettings settings;
    settings.token = "secret";
    start(std::move(settings));
    EXPECT_EQ(status("GET", "/health", {{"Host", "pod.example"}}), 200);
    EXPECT_EQ(status("GET", "/ready", {{"Host", "pod.example"}}), 200);
}

TEST_F(GuardTest, AForeignPageChangesNothing) {
    start();
    const std::string json = "application/json";
    for (const std::string& origin :
         {std::string("https://evil.example"), std::string("null"),
          "http://" + own_ + ".evil.example", std::string("http://127.0.0.1:1")}) {
        const Fields fields{{"Origin", origin}, {"Content-Type", json}};
        EXPECT_EQ(status("POST", "/api/dead-letters/drop", fields, "{}"), 403) << origin;
        EXPECT_EQ(status("POST", "/events", fields, "{}"), 403) << origin;
        EXPECT_EQ(status("PUT", "/bucket/a.json", fields, "{}"), 403) << origin;
    }
    const Fields fetched{{"Sec-Fetch-Site", "cross-site"}};
    EXPECT_EQ(status("POST", "/events", fetched, "{}"), 403);
}

TEST_F(GuardTest, OwnPagesAndProgramsDo) {
    start();
    const Fields own{{"Origin", own_origin()}, {"Content-Type", "application/json; charset=utf-8"}};
    EXPECT_EQ(status("POST", "/api/dead-letters/drop", own, "{}"), 200);
    EXPECT_EQ(status("POST", "/events", own, "{}"), 200);
    EXPECT_EQ(status("POST", "/events", {{"Content-Type", "application/x-ndjson"}}, "{}"), 200);
    EXPECT_EQ(status("PUT", "/bucket/a.json", {}, "{}"), 200);
}

TEST_F(GuardTest, BehindAProxyThatSpeaksTlsTheOriginIsStillOurs) {
    GuardSettings settings;
    settings.allowed_hosts = {"console.example"};
    start(std::move(settings));
    EXPECT_EQ(status("POST", "/api/x",
                     {{"Host", "console.example"},
                      {"Origin", "https://console.example"},
                      {"Content-Type", "application/json"}},
                     "{}"),
              200);
}

TEST_F(GuardTest, ApiCallsThatChangeSomethingNameTheirOriginAndAreJson) {
    start();
    EXPECT_EQ(status("POST", "/api/x", {{"Content-Type", "application/json"}}, "{}"), 403);
    EXPECT_EQ(status("POST", "/api/x", {{"Origin", own_origin()}}, "{}"), 415);
    EXPECT_EQ(
        status("POST", "/api/x", {{"Origin", own_origin()}, {"Content-Type", "text/plain"}}, "{}"),
        415);
}

TEST_F(GuardTest, WithATokenOnlyThePageItselfIsOpen) {
    GuardSettings settings;
    settings.token = "secret";
    start(std::move(settings));
    EXPECT_EQ(status("GET", "/", {}), 200);
    EXPECT_EQ(status("GET", "/console.js", {}), 200);
    for (const char* given : {"", "Bearer secre", "Bearer secret2", "Bearer ", "secret"}) {
        EXPECT_EQ(status("GET", "/api/events", {{"Authorization", given}}), 401) << given;
        EXPECT_EQ(status("POST", "/events", {{"Authorization", given}}, "{}"), 401) << given;
        EXPECT_EQ(status("GET", "/bucket/a.json", {{"Authorization", given}}), 401) << given;
    }
    EXPECT_EQ(status("GET", "/api/events", {{"Authorization", "Bearer secret"}}), 200);
}

TEST_F(GuardTest, ARefusalCarriesTheIdToSendAgainUnder) {
    GuardSettings settings;
    settings.token = "secret";
    start(std::move(settings));
    const std::vector<std::pair<int, Fields>> refused{
        {401, {}},
        {403, {{"Origin", "https://evil.example"}}},
        {415, {{"Origin", own_origin()}, {"Content-Type", "text/plain"}}},
        {421, {{"Host", "evil.example"}}}};
    for (auto [status, fields] : refused) {
        const std::string target = status == 415 ? "/api/dead-letters/drop" : "/events";
        const http::Response without = answer("POST", target, fields, "{}");
        EXPECT_EQ(without.status, status) << without.body;
        EXPECT_EQ(id_of(without).size(), 36U);
        fields.emplace_back("Idempotency-Key", "a1");
        EXPECT_EQ(id_of(answer("POST", target, fields, "{}")), "a1") << status;
        fields.back().second = "no\tkey";
        EXPECT_EQ(id_of(answer("POST", target, fields, "{}")).size(), 36U) << status;
    }
}

TEST_F(GuardTest, ALargeBodyThatIsRefusedIsNotKept) {
    start();
    const std::string body(4U << 20U, 'x');
    EXPECT_EQ(status("PUT", "/bucket/a.json", {{"Origin", "https://evil.example"}}, body), 400);
}

}  // namespace
}  // namespace tributary::console
