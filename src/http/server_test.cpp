#include "http/server.h"

#include <atomic>
#include <future>
#include <gtest/gtest.h>
#include <mutex>
#include <optional>

#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::eventually;
using testing::has;
using testing::RawConnection;
using testing::send_raw;
using testing::status_of;
using testing::TestServer;

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

TEST(Server, UnderstandsARequestThatArrivesByteByByte) {
    TestServer server;
    RawConnection connection(server.port());
    for (const char byte :
         std::string("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n")) {
        ASSERT_TRUE(connection.send({&byte, 1}));
    }
    EXPECT_TRUE(connection.read_answer().ends_with("POST / abcde"));
}

TEST(Server, ClosesAfterAnswerWhereTheClientAsksForIt) {
    TestServer server;
    const std::string answer =
        send_raw(server, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_TRUE(has(answer, "Connection: close\r\n")) << answer;
}

TEST(Server, ClosesAfterAnHttp10RequestUnlessAskedToStay) {
    TestServer server;
    EXPECT_TRUE(has(send_raw(server, "GET / HTTP/1.0\r\n\r\n"), "Connection: close\r\n"));

    RawConnection connection(server.port());
    for (int i = 0; i < 2; ++i) {
        connection.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        EXPECT_TRUE(has(connection.read_answer(), "Connection: keep-alive\r\n"));
    }
}

TEST(Server, AnswersPipelinedRequestsInOrderOneAfterTheOther) {
    TestServer server;
    std::mutex mutex;
    std::vector<std::pair<std::string, Responder>> waiting;
    server.handler.reply = [&](Request request, Responder responder) {
        const std::scoped_lock lock(mutex);
        waiting.emplace_back(request.target, std::move(responder));
    };
    RawConnection connection(server.port());
    connection.send(
        "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: "
        "2\r\n\r\nxyGET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
    for (const std::string target : {"/1", "/2", "/3"}) {
        ASSERT_TRUE(eventually([&] {
            const std::scoped_lock lock(mutex);
            return !waiting.empty();
        }));
        const std::scoped_lock lock(mutex);
        ASSERT_EQ(waiting.size(), 1U) << "The next request waits for the answer of this one.";
        EXPECT_EQ(waiting[0].first, target);
        Response response;
        response.body = target;
        waiting[0].second.send(std::move(response));
        waiting.clear();
    }
    for (const std::string target : {"/1", "/2", "/3"}) {
        EXPECT_TRUE(connection.read_answer().ends_with("\r\n\r\n" + target));
    }
}

TEST(Server, AnswersManyPipelinedRequestsOfOneSegment) {
    TestServer server;
    RawConnection connection(server.port());
    std::string requests;
    for (int i = 0; i < 5'000; ++i) requests += "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
    std::thread sender([&] { connection.send(requests); });
    for (int i = 0; i < 5'000; ++i) ASSERT_EQ(status_of(connection.read_answer()), 200);
    sender.join();
}

TEST(Server, AnswersHeadWithTheLengthButWithoutTheBody) {
    TestServer server;
    RawConnection connection(server.port());
    connection.send(
        "HEAD /x HTTP/1.1\r\nHost: h\r\n\r\nGET /y HTTP/1.1\r\nHost: h\r\n"
        "Connection: close\r\n\r\n");
    const std::string answers = connection.read_to_end();
    EXPECT_TRUE(has(answers, "Content-Length: 8\r\n\r\nHTTP/1.1 200")) << answers;
}

TEST(Server, SendsNoLengthWithAStatusThatHasNoBody) {
    TestServer server;
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.status = 204;
        response.body = "must not be sent";
        responder.send(std::move(response));
    };
    const std::string answer =
        send_raw(server, "DELETE / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_EQ(status_of(answer), 204);
    EXPECT_FALSE(has(answer, "Content-Length")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST(Server, HandsOverTheClientsAddressAndTheTargetOfAnAbsoluteForm) {
    TestServer server;
    server.handler.reply = [](Request request, Responder responder) {
        Response response;
        response.body = request.remote_address + " " + request.target;
        responder.send(std::move(response));
    };
    RawConnection connection(server.port());
    connection.send("GET HTTP://example.org:80/a?b HTTP/1.1\r\nHost: example.org\r\n\r\n");
    EXPECT_TRUE(connection.read_answer().ends_with("\r\n127.0.0.1 /a?b"));
    connection.send("GET http://example.org?b HTTP/1.1\r\nHost: example.org\r\n\r\n");
    EXPECT_TRUE(connection.read_answer().ends_with("\r\n127.0.0.1 /?b"));
    connection.send("GET http://example.org HTTP/1.1\r\nHost: example.org\r\n\r\n");
    EXPECT_TRUE(connection.read_answer().ends_with("\r\n127.0.0.1 /"));
}

TEST(Server, SaysContinueBeforeABodyThatTheClientHoldsBack) {
    TestServer server;
    RawConnection connection(server.port());
    connection.send(
        "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
        "Expect: 100-Continue\r\n\r\n");
    EXPECT_EQ(connection.read_until([](const std::string& so_far) { return so_far.size() >= 25; }),
              "HTTP/1.1 100 Continue\r\n\r\n");
    connection.send("body");
    EXPECT_TRUE(connection.read_answer().ends_with("PUT / body"));
}

TEST(Server, RefusesInsteadOfContinueWhatItWillNotTake) {
    ServerSettings settings;
    settings.max_body_bytes = 10;
    TestServer server(settings);
    EXPECT_EQ(status_of(send_raw(server,
                                 "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n"
                                 "Expect: 100-continue\r\n\r\n")),
              413);
    EXPECT_EQ(status_of(send_raw(server,
                                 "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n"
                                 "Expect: 200-maybe\r\n\r\n")),
              417);
}

TEST(Server, AnswersFromOtherThreads) {
    TestServer server({}, 2);
    std::vector<std::jthread> threads;
    server.handler.reply = [&](Request request, Responder responder) {
        // Joined at the end; the handler itself runs on two threads.
        std::thread([request = std::move(request), responder = std::move(responder)]() mutable {
            Response response;
            response.body = std::move(request.body);
            responder.send(std::move(response));
        }).detach();
    };
    std::vector<std::jthread> clients;
    std::atomic<int> right = 0;
    for (int client = 0; client < 8; ++client) {
        clients.emplace_back([&, client] {
            RawConnection connection(server.port());
            for (int i = 0; i < 50; ++i) {
                const std::string body = std::to_string(client * 1'000 + i);
                connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body);
                if (connection.read_answer().ends_with("\r\n\r\n" + body)) ++right;
            }
        });
    }
    clients.clear();
    EXPECT_EQ(right, 400);
}

TEST(Server, SendsAnswersLargerThanTheSocketsBuffers) {
    TestServer server;
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.body.assign(std::size_t{20} << 20, 'x');
        response.body += "end";
        responder.send(std::move(response));
    };
    RawConnection connection(server.port(), 4096);
    connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const std::string answer = connection.read_to_end();
    EXPECT_TRUE(has(answer.substr(0, 200), "Content-Length: 20971523\r\n"));
    EXPECT_GT(answer.size(), std::size_t{20} << 20);
    EXPECT_TRUE(answer.ends_with("xend"));
}

TEST(Server, Answers500WhereTheHandlerThrowsOrForgets) {
    TestServer server;
    server.handler.reply = [](Request request, Responder) {
        if (request.path() == "/throw") throw std::runtime_error("secret");
        if (request.path() == "/throw-odd") throw 42;
    };
    RawConnection connection(server.port());
    for (const std::string target : {"/throw", "/throw-odd", "/forget"}) {
        connection.send("GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n");
        const std::string answer = connection.read_answer();
        EXPECT_EQ(status_of(answer), 500);
        EXPECT_TRUE(has(answer, "application/problem+json")) << answer;
        EXPECT_FALSE(has(answer, "secret")) << answer;
    }
}

TEST(Server, Answers500WhereThePolicyThrowsOrTheStatusIsNone) {
    TestServer server;
    server.handler.policy = [](const Request& head) -> BodyPolicy {
        if (head.path() == "/throw") throw std::runtime_error("no");
        return {};
    };
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.status = 42;
        responder.send(std::move(response));
    };
    EXPECT_EQ(status_of(send_raw(server, "GET /throw HTTP/1.1\r\nHost: h\r\n\r\n")), 500);
    EXPECT_EQ(status_of(send_raw(server, "GET / HTTP/1.0\r\n\r\n")), 500);
}

TEST(Server, CountsOnlyTheFirstAnswer) {
    TestServer server;
    server.handler.reply = [](Request, Responder responder) {
        Response first;
        first.body = "first";
        responder.send(std::move(first));
        responder.send(Response());
    };
    const std::string answer = send_raw(server, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_TRUE(answer.ends_with("\r\n\r\nfirst")) << answer;
}

TEST(Server, LetsNoResponseFieldForgeALineOrTheFraming) {
    TestServer server;
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.headers.add("X-Echo", "a\r\nX-Forged: b");
        response.headers.add("X-Bad\r\nX-Forged", "c");
        response.headers.add("content-length", "999");
        response.headers.add("Transfer-Encoding", "chunked");
        response.body = "ok";
        responder.send(std::move(response));
    };
    const std::string answer = send_raw(server, "GET / HTTP/1.0\r\n\r\n");
    EXPECT_FALSE(has(answer, "\nX-Forged")) << answer;
    EXPECT_FALSE(has(answer, "999")) << answer;
    EXPECT_FALSE(has(answer, "chunked")) << answer;
    EXPECT_TRUE(has(answer, "Content-Length: 2\r\n")) << answer;
}

TEST(Server, DropsTheAnswerToAClientThatHasGone) {
    TestServer server;
    std::promise<Responder> promise;
    server.handler.reply = [&](Request request, Responder responder) {
        if (request.path() == "/wait") return promise.set_value(std::move(responder));
        responder.send(Response());
    };
    {
        RawConnection connection(server.port());
        connection.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
        Responder responder = promise.get_future().get();
        connection.close();
        Response response;
        response.body.assign(std::size_t{8} << 20, 'x');
        responder.send(std::move(response));
    }
    EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
    EXPECT_EQ(status_of(send_raw(server, "GET / HTTP/1.0\r\n\r\n")), 200);
}

TEST(Server, LetsAnswersComeAfterItsOwnEndAndTheLoops) {
    std::optional<Responder> late;
    {
        TestServer server;
        std::promise<Responder> promise;
        server.handler.reply = [&](Request, Responder responder) {
            promise.set_value(std::move(responder));
        };
        RawConnection connection(server.port());
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        late = promise.get_future().get();
        server.destroy_server();
        EXPECT_NE(connection.read_to_end(), "<silence>");
    }
    late->send(Response());
}

TEST(Server, TellsWhyItCannotListen) {
    TestServer running;
    EventLoop loop;
    testing::ScriptedHandler handler;
    ServerSettings settings;
    settings.port = running.port();
    const auto taken = Server::listen(loop, settings, handler);
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(has(taken.error().message, std::to_string(running.port())));

    settings.address = "localhost";
    const auto no_address = Server::listen(loop, settings, handler);
    ASSERT_FALSE(no_address);
    EXPECT_EQ(no_address.error().code, ErrorCode::invalid_input);
}

TEST(Server, ListensOnIpv6Literals) {
    const int probe = ::socket(AF_INET6, SOCK_STREAM, 0);
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    const bool has_ipv6 =
        ::bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(probe);
    if (!has_ipv6) GTEST_SKIP() << "This machine has no IPv6 loopback.";
    for (const std::string literal : {"::1", "[::1]", "::"}) {
        ServerSettings settings;
        settings.address = literal;
        TestServer server(settings);
        EXPECT_GT(server.port(), 0) << literal;
    }
}

TEST(ServerDrain, ClosesIdleConnectionsAndAnswersWhatWasBegun) {
    TestServer server({}, 2);
    std::promise<Responder> promise;
    server.handler.reply = [&](Request request, Responder responder) {
        if (request.path() == "/wait") return promise.set_value(std::move(responder));
        responder.send(Response());
    };
    RawConnection idle(server.port());
    idle.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_EQ(status_of(idle.read_answer()), 200);
    RawConnection begun(server.port());
    begun.send("GET / HT");
    RawConnection waiting(server.port());
    waiting.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    Responder responder = promise.get_future().get();
    ASSERT_TRUE(eventually([&] { return server->connections() == 3; }));

    auto drained = std::async(std::launch::async, [&] { server->drain(std::chrono::seconds(10)); });
    EXPECT_EQ(idle.read_to_end(), "");
    ASSERT_TRUE(eventually([&] { return !RawConnection(server.port()).is_connected(); }));
    begun.send("TP/1.1\r\nHost: h\r\n\r\n");
    responder.send(Response());
    for (RawConnection* connection : {&begun, &waiting}) {
        const std::string answer = connection->read_to_end();
        EXPECT_EQ(status_of(answer), 200) << answer;
        EXPECT_TRUE(has(answer, "Connection: close\r\n")) << answer;
    }
    drained.get();
    EXPECT_EQ(server->connections(), 0U);
}

TEST(ServerDrain, ClosesWhatIsLeftAtTheLimit) {
    TestServer server;
    std::promise<Responder> promise;
    server.handler.reply = [&](Request, Responder responder) {
        promise.set_value(std::move(responder));
    };
    RawConnection connection(server.port());
    connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const Responder unanswered = promise.get_future().get();
    server->drain(testing::milliseconds(20));
    EXPECT_EQ(server->connections(), 0U);
    EXPECT_EQ(status_of(connection.read_to_end()), 0);
}

}  // namespace
}  // namespace tributary::http
