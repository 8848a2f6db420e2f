#include <gtest/gtest.h>
#include <memory>
#include <sys/resource.h>

#include "http/server.h"
#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::eventually;
using testing::milliseconds;
using testing::RawConnection;
using testing::send_raw;
using testing::status_of;
using testing::TestServer;

TEST(ServerLimits, Answer431ToAHeadThatIsTooLong) {
    ServerSettings settings;
    settings.max_header_bytes = 1'000;
    TestServer server(settings);
    const std::string start = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    const std::string fits(1'000 - start.size() - 4, 'x');
    EXPECT_EQ(status_of(send_raw(server, start + fits + "x\r\n\r\n")), 431);
    EXPECT_EQ(status_of(send_raw(server, start + std::string(100'000, 'x'))), 431);
    RawConnection connection(server.port());
    connection.send(start + fits + "\r\n\r\n");
    EXPECT_EQ(status_of(connection.read_answer()), 200);
}

TEST(ServerLimits, Answer408ToAHeadThatTricklesIn) {
    ServerSettings settings;
    settings.header_timeout = milliseconds(150);
    TestServer server(settings);
    RawConnection connection(server.port());
    const auto start = std::chrono::steady_clock::now();
    connection.send("GET / HTTP/1.1\r\nHost: h\r\n");
    // Every byte is progress, but only the whole head counts.
    std::jthread trickle([&](const std::stop_token& stop) {
        while (!stop.stop_requested() && connection.send("X: y\r\n")) {
            std::this_thread::sleep_for(milliseconds(20));
        }
    });
    const std::string answer = connection.read_until(
        [](const std::string& so_far) { return so_far.find("\r\n\r\n") != std::string::npos; });
    EXPECT_EQ(status_of(answer), 408);
    EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(150));
}

TEST(ServerLimits, Answer408ToABodyThatDoesNotCome) {
    ServerSettings settings;
    settings.body_timeout = milliseconds(50);
    TestServer server(settings);
    for (const std::string fields :
         {"Content-Length: 5\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n5\r\nab",
          "Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"}) {
        const std::string answer = send_raw(server, "PUT / HTTP/1.1\r\nHost: h\r\n" + fields);
        EXPECT_NE(answer.find("HTTP/1.1 408"), std::string::npos) << answer;
    }
}

TEST(ServerLimits, CloseAnIdleConnectionWithoutAWord) {
    ServerSettings settings;
    settings.idle_timeout = milliseconds(50);
    TestServer server(settings);
    EXPECT_EQ(send_raw(server, ""), "");
    EXPECT_EQ(send_raw(server, "\r\n\r\n"), "");
    const std::string answer = send_raw(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_TRUE(answer.ends_with("GET / ")) << answer;
}

TEST(ServerLimits, CloseAConnectionWhoseAnswerIsNotRead) {
    ServerSettings settings;
    settings.write_timeout = milliseconds(50);
    TestServer server(settings);
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.body.assign(std::size_t{32} << 20, 'x');
        responder.send(std::move(response));
    };
    RawConnection connection(server.port(), 4096);
    connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return server->connections() == 1; }));
    EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
}

TEST(ServerLimits, DoNotCountTheTimeThatTheHandlerTakes) {
    ServerSettings settings;
    settings.header_timeout = settings.body_timeout = milliseconds(40);
    settings.idle_timeout = settings.write_timeout = milliseconds(40);
    TestServer server(settings);
    server.handler.reply = [&](Request, Responder responder) {
        server.loop.post_after(milliseconds(300), [responder = std::move(responder)]() mutable {
            responder.send(Response());
        });
    };
    EXPECT_EQ(status_of(send_raw(server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")), 200);
}

TEST(ServerLimits, LetFurtherConnectionsWaitUntilThereIsRoom) {
    ServerSettings settings;
    settings.max_connections = 2;
    TestServer server(settings);
    auto first = std::make_unique<RawConnection>(server.port());
    const RawConnection second(server.port());
    ASSERT_TRUE(eventually([&] { return server->connections() == 2; }));

    RawConnection third(server.port());
    third.send("GET /third HTTP/1.0\r\n\r\n");
    first->send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(first->read_answer()), 200);
    EXPECT_EQ(server->connections(), 2U);
    first.reset();
    EXPECT_TRUE(third.read_to_end().ends_with("GET /third "));
}

/// No descriptor can be opened in this process while one of these lives.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int lowest_free = ::dup(0);
        ::close(lowest_free);
        const rlimit none{.rlim_cur = static_cast<rlim_t>(lowest_free),
                          .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    NoMoreDescriptors(const NoMoreDescriptors&) = delete;
    NoMoreDescriptors& operator=(const NoMoreDescriptors&) = delete;
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

TEST(ServerLimits, SurviveRunningOutOfDescriptors) {
    TestServer server;
    RawConnection before(server.port());
    before.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(before.read_answer()), 200);

    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    {
        const NoMoreDescriptors exhausted;
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ASSERT_EQ(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
        for (int i = 0; i < 10; ++i) {
            before.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
            EXPECT_EQ(status_of(before.read_answer()), 200);
        }
        EXPECT_EQ(server->connections(), 1U);
    }
    EXPECT_TRUE(eventually([&] { return server->connections() == 2; }));
    ::close(fd);
}

}  // namespace
}  // namespace tributary::http
