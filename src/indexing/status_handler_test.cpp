#include "indexing/status_handler.h"

#include <boost/json.hpp>

#include "indexing/consumer_fixture.h"

namespace tributary::indexing {
namespace {

class StatusHandlerTest : public ConsumerTest {
protected:
    http::Response ask(const std::string& target, const std::string& method = "GET") {
        http::Request request;
        request.method = method;
        request.target = target;
        return StatusHandler(consumer(), metrics).answer(request);
    }
};

TEST_F(StatusHandlerTest, IsLiveWhileTheLoopTurns) {
    turn();
    EXPECT_EQ(ask("/health").status, 200);
    EXPECT_EQ(ask("/health", "HEAD").status, 200);
    clock.advance(std::chrono::seconds(6));
    EXPECT_EQ(ask("/health").status, 503);
    turn();
    EXPECT_EQ(ask("/health").status, 200);
}

TEST_F(StatusHandlerTest, IsReadyOnceItTurnsEvenWithoutPartitions) {
    EXPECT_EQ(ask("/ready").status, 503);
    turn();
    EXPECT_EQ(ask("/ready").status, 200);
}

TEST_F(StatusHandlerTest, SaysWhyItIsNotReady) {
    turn();
    index.set_ready(fail(ErrorCode::unavailable, "The index refuses the API key."));
    const auto answer = ask("/ready");
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.headers.get("Content-Type"), "application/problem+json");
    EXPECT_EQ(boost::json::parse(answer.body).at("detail").as_string(),
              "The index refuses the API key.");
}

TEST_F(StatusHandlerTest, ShowsMetrics) {
    turn();
    const auto answer = ask("/metrics?x=y");
    EXPECT_EQ(answer.status, 200);
    EXPECT_NE(answer.body.find("tributary_consumer_items_total"), std::string::npos);
}

TEST_F(StatusHandlerTest, MetricsSayWhetherItIsReady) {
    turn();
    EXPECT_NE(ask("/metrics").body.find("\ntributary_ready 1\n"), std::string::npos);
    index.set_ready(fail(ErrorCode::unavailable, "The index refuses the API key."));
    EXPECT_NE(ask("/metrics").body.find("\ntributary_ready 0\n"), std::string::npos);
}

TEST_F(StatusHandlerTest, RefusesOtherPathsAndMethods) {
    EXPECT_EQ(ask("/").status, 404);
    const auto answer = ask("/ready", "POST");
    EXPECT_EQ(answer.status, 405);
    EXPECT_EQ(answer.headers.get("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace tributary::indexing
