#include "http/server.h"

#include <future>
#include <gtest/gtest.h>

#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::eventually;
using testing::exchange;
using testing::RawConnection;
using testing::status_of;
using testing::TestServer;

bool has(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

TEST(Server, AnswersARequestAndKeepsTheConnection) {
    TestServer server;
    RawConnection connection(server.port());
    for (int i = 0; i < 3; ++i) {
        connection.send("POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody");
        const std::string answer = connection.read_answer();
        EXPECT_EQ(status_of(answer), 200);
        EXPECT_TRUE(answer.ends_with("POST /a?b=c body")) << answer;
        EXPECT_FALSE(has(answer, "Connection:")) << answer;
    }
    EXPECT_EQ(server->connections(), 1U);
}

}  // namespace
}  // namespace tributary::http
