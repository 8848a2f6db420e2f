#include "http/client.h"

#include <gtest/gtest.h>
#include <mutex>

#include "http/testing.h"

namespace tributary::http {
namespace {

using namespace std::chrono_literals;
using testing::TestServer;

Url url_of(std::uint16_t port, std::string path = {}) {
    return {.scheme = "http", .host = "127.0.0.1", .port = port, .path = std::move(path)};
}

Request request_of(std::string method, std::string target, std::string body = {}) {
    Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.body = std::move(body);
    return request;
}

TEST(Client, SendsAndReceivesOnOneConnection) {
    TestServer server;
    Client client(url_of(server.port(), "/prefix"));
    for (int i = 0; i < 3; ++i) {
        const auto response = client.send(request_of("POST", "/a?b=c", "body"), 5s);
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->status, 200);
        EXPECT_EQ(response->headers.get("content-type"), "text/plain");
        EXPECT_EQ(response->body, "POST /prefix/a?b=c body");
    }
    EXPECT_EQ(server->connections(), 1U);
}

}  // namespace
}  // namespace tributary::http
