#include "http/client.h"

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <vector>

#include "http/scripted_peer.h"
#include "http/testing.h"

namespace tributary::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using testing::ScriptedPeer;
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

ErrorCode code_of(const Result<Response>& response) {
    EXPECT_FALSE(response);
    return response ? ErrorCode::internal : response.error().code;
}

constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

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

TEST(Client, SendsHostLengthAndTheFieldsThatCanForgeNothing) {
    ScriptedPeer peer({{.reply = std::string(kOk)}});
    Client client(url_of(peer.port()));
    Request request = request_of("POST", "/", "four");
    request.headers.add("X-A", "b\r\nForged: c");
    request.headers.add("Content-Length", "99");
    request.headers.add("Transfer-Encoding", "chunked");
    ASSERT_TRUE(client.send(std::move(request), 5s));
    EXPECT_EQ(peer.received(0),
              "POST / HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(peer.port()) +
                  "\r\nX-A: b  Forged: c\r\nContent-Length: 4\r\n\r\nfour");
}

TEST(Client, RefusesWhatCannotBeSent) {
    Client client(url_of(1));
    EXPECT_EQ(code_of(client.send(request_of("GET", "/a b"), 5s)), ErrorCode::invalid_input);
    EXPECT_EQ(code_of(client.send(request_of("GET", "/\r\nX: y"), 5s)), ErrorCode::invalid_input);
    EXPECT_EQ(code_of(client.send(request_of("GET", "no-slash"), 5s)), ErrorCode::invalid_input);
    EXPECT_EQ(code_of(client.send(request_of("G T", "/"), 5s)), ErrorCode::invalid_input);
}

TEST(Client, IsUnavailableWhereNothingWasSent) {
    std::uint16_t free_port = 0;
    {
        const TestServer gone;
        free_port = gone.port();
    }
    Client refused(url_of(free_port));
    EXPECT_EQ(code_of(refused.send(request_of("POST", "/"), 5s)), ErrorCode::unavailable);

    Url unknown = url_of(80);
    unknown.host = "no-such-host.invalid";
    Client unresolved(unknown);
    EXPECT_EQ(code_of(unresolved.send(request_of("POST", "/"), 5s)), ErrorCode::unavailable);

    TestServer server;
    Client hurried(url_of(server.port()));
    EXPECT_EQ(code_of(hurried.send(request_of("POST", "/"), 0ms)), ErrorCode::unavailable);
    EXPECT_EQ(code_of(hurried.send(request_of("POST", "/"), -1s)), ErrorCode::unavailable);
}

TEST(Client, ReachesAServerByItsName) {
    TestServer server;
    Url url = url_of(server.port());
    url.host = "localhost";
    Client client(url);
    const auto response = client.send(request_of("GET", "/"), 5s);
    ASSERT_TRUE(response) << response.error().message;
}

/// A listening socket whose backlog is full: connecting to it takes for ever.
class FullBacklog {
public:
    FullBacklog() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), length);
        ::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &length);
        ::listen(fd_, 0);
        port_ = ntohs(address.sin_port);
        for (int& waiting : waiting_) {
            waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
            ::connect(waiting, reinterpret_cast<const sockaddr*>(&address), length);
        }
    }
    FullBacklog(const FullBacklog&) = delete;
    FullBacklog& operator=(const FullBacklog&) = delete;
    ~FullBacklog() {
        for (const int waiting : waiting_) ::close(waiting);
        ::close(fd_);
    }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    int fd_;
    int waiting_[4]{};
    std::uint16_t port_ = 0;
};

TEST(Client, GivesUpConnectingAfterItsTime) {
    const FullBacklog nobody;
    ClientSettings settings;
    settings.connect_timeout = 50ms;
    Client client(url_of(nobody.port()), settings);
    EXPECT_EQ(code_of(client.send(request_of("GET", "/"), 60s)), ErrorCode::unavailable);
    Client patient(url_of(nobody.port()));
    EXPECT_EQ(code_of(patient.send(request_of("GET", "/"), 50ms)), ErrorCode::unavailable);
}

TEST(Client, IsTimedOutWhereTheFateIsUnknown) {
    const struct {
        const char* what;
        ScriptedPeer::Turn turn;
    } rows[] = {
        {"no answer in time", {.reply = "", .then = ScriptedPeer::Then::wait}},
        {"half an answer in time",
         {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
          .then = ScriptedPeer::Then::wait}},
        {"closed without an answer", {.reply = "", .then = ScriptedPeer::Then::close}},
        {"closed in the head",
         {.reply = "HTTP/1.1 200 OK\r\nConte", .then = ScriptedPeer::Then::close}},
        {"closed in the body",
         {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf",
          .then = ScriptedPeer::Then::close}},
        {"closed in a chunk",
         {.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhalf",
          .then = ScriptedPeer::Then::close}},
        {"reset", {.reply = "", .then = ScriptedPeer::Then::reset}},
        {"no HTTP", {.reply = "SSH-2.0-OpenSSH_9.2\r\n"}},
        {"two lengths",
         {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}},
        {"too long",
         {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n" + std::string(101, 'x')}},
    };
    for (const auto& [what, turn] : rows) {
        ScriptedPeer peer({turn});
        ClientSettings settings;
        settings.max_response_bytes = 100;
        Client client(url_of(peer.port()), settings);
        EXPECT_EQ(code_of(client.send(request_of("GET", "/"), 200ms)), ErrorCode::timed_out)
            << what;
        EXPECT_EQ(peer.turns(), 1U) << what;
    }
}

TEST(Client, UnderstandsEveryFramingOfAnAnswer) {
    const struct {
        const char* what;
        std::string reply;
        std::string body;
    } rows[] = {
        {"length", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody", "body"},
        {"chunks",
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\n\r\n",
         "body"},
        {"no chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", ""},
        {"until the end", "HTTP/1.1 200 OK\r\n\r\nbody", "body"},
        {"HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nbody", "body"},
        {"no content", "HTTP/1.1 204 No Content\r\n\r\n", ""},
        {"interim answers first",
         "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
         "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
         "body"},
    };
    for (const auto& row : rows) {
        for (const bool byte_by_byte : {false, true}) {
            ScriptedPeer peer(
                {{.reply = row.reply, .then = ScriptedPeer::Then::close, .is_slow = byte_by_byte}});
            Client client(url_of(peer.port()));
            const auto response = client.send(request_of("GET", "/"), 5s);
            ASSERT_TRUE(response) << row.what << ": " << response.error().message;
            EXPECT_EQ(response->body, row.body) << row.what;
        }
    }
}

TEST(Client, ExpectsNoBodyOfAHead) {
    ScriptedPeer peer(
        {{.reply = "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"}, {.reply = std::string(kOk)}});
    Client client(url_of(peer.port()));
    const auto head = client.send(request_of("HEAD", "/"), 5s);
    ASSERT_TRUE(head) << head.error().message;
    EXPECT_EQ(head->headers.get("Content-Length"), "999");
    EXPECT_TRUE(client.send(request_of("GET", "/"), 5s));
    EXPECT_EQ(peer.connections(), 1U);
}

TEST(Client, OpensANewConnectionWhereTheOldOneWasClosed) {
    for (const std::string& first :
         {std::string(kOk), "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"s,
          "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n"s, std::string(kOk) + "unasked for"}) {
        ScriptedPeer peer(
            {{.reply = first, .then = ScriptedPeer::Then::close}, {.reply = std::string(kOk)}});
        Client client(url_of(peer.port()));
        ASSERT_TRUE(client.send(request_of("POST", "/1"), 5s));
        peer.wait_for_close(0);
        // A POST may not be sent twice: the closed connection must be noticed before.
        const auto second = client.send(request_of("POST", "/2"), 5s);
        ASSERT_TRUE(second) << second.error().message;
        EXPECT_EQ(peer.connections(), 2U);
        EXPECT_EQ(peer.turns(), 2U);
    }
}

/// The peer answers the first request and cuts the connection when the second one comes.
std::vector<ScriptedPeer::Turn> cut_at_the_second() {
    return {{.reply = std::string(kOk)},
            {.reply = "", .then = ScriptedPeer::Then::close},
            {.reply = std::string(kOk)}};
}

TEST(Client, RepeatsOnceOnAStaleConnectionWhatMayBeRepeated) {
    for (const std::string method : {"GET", "HEAD", "PUT", "DELETE", "POST"}) {
        ScriptedPeer peer(cut_at_the_second());
        Client client(url_of(peer.port()));
        ASSERT_TRUE(client.send(request_of("GET", "/1"), 5s));
        const auto second = client.send(request_of(method, "/2"), 5s, method == "POST");
        EXPECT_TRUE(second) << method;
        EXPECT_EQ(peer.connections(), 2U);
        EXPECT_EQ(peer.turns(), 3U);
    }
}

TEST(Client, AServerThatDiesWithARequestMayHaveProcessedIt) {
    boost::asio::io_context context;
    using boost::asio::ip::tcp;
    tcp::acceptor acceptor(context, {boost::asio::ip::address_v4::loopback(), 0});
    Client client(url_of(acceptor.local_endpoint().port()));
    const std::jthread server([&] {
        tcp::socket peer = acceptor.accept();
        std::array<char, 4096> request{};
        peer.read_some(boost::asio::buffer(request));
        boost::asio::write(peer, boost::asio::buffer(kOk));
        peer.read_some(boost::asio::buffer(request));
        acceptor.close();
    });
    ASSERT_TRUE(client.send(request_of("GET", "/1"), 5s));
    const auto second = client.send(request_of("POST", "/2"), 5s, true);
    EXPECT_EQ(code_of(second), ErrorCode::timed_out);
    EXPECT_NE(second.error().message.find("Then: Cannot connect"), std::string::npos)
        << second.error().message;
}

TEST(Client, DoesNotRepeatWhatMayHaveBeenProcessed) {
    ScriptedPeer peer(cut_at_the_second());
    Client client(url_of(peer.port()));
    ASSERT_TRUE(client.send(request_of("GET", "/1"), 5s));
    EXPECT_EQ(code_of(client.send(request_of("POST", "/2"), 5s)), ErrorCode::timed_out);
    EXPECT_EQ(peer.turns(), 2U);
}

TEST(Client, DoesNotRepeatTwiceNorAfterTheFirstByteOfAnAnswer) {
    ScriptedPeer twice({{.reply = std::string(kOk)},
                        {.reply = "", .then = ScriptedPeer::Then::close},
                        {.reply = "", .then = ScriptedPeer::Then::close},
                        {.reply = std::string(kOk)}});
    Client client(url_of(twice.port()));
    ASSERT_TRUE(client.send(request_of("GET", "/1"), 5s));
    EXPECT_EQ(code_of(client.send(request_of("GET", "/2"), 5s)), ErrorCode::timed_out);
    EXPECT_EQ(twice.turns(), 3U);

    ScriptedPeer half({{.reply = std::string(kOk)},
                       {.reply = "H", .then = ScriptedPeer::Then::close},
                       {.reply = std::string(kOk)}});
    Client other(url_of(half.port()));
    ASSERT_TRUE(other.send(request_of("GET", "/1"), 5s));
    EXPECT_EQ(code_of(other.send(request_of("GET", "/2"), 5s)), ErrorCode::timed_out);
    EXPECT_EQ(half.turns(), 2U);
}

TEST(Client, CanGoOnAfterADeadline) {
    ScriptedPeer peer(
        {{.reply = "", .then = ScriptedPeer::Then::wait}, {.reply = std::string(kOk)}});
    Client client(url_of(peer.port()));
    EXPECT_EQ(code_of(client.send(request_of("GET", "/1"), 20ms)), ErrorCode::timed_out);
    EXPECT_TRUE(client.send(request_of("GET", "/2"), 5s));
}

/// Hands out `pieces` pieces of 64 KiB.
Client::BodySource source_of(int pieces, int& handed_out) {
    return
        [pieces, &handed_out, piece = std::string(64 * 1024, 'x')]() -> Result<std::string_view> {
            if (handed_out == pieces) return std::string_view();
            ++handed_out;
            return std::string_view(piece);
        };
}

TEST(ClientUpload, SendsABodyFromItsSource) {
    ServerSettings settings;
    settings.max_body_bytes = std::size_t{32} << 20;
    TestServer server(settings);
    server.handler.reply = [](Request request, Responder responder) {
        Response response;
        response.body = std::to_string(request.body.size());
        responder.send(std::move(response));
    };
    Client client(url_of(server.port()));
    for (const int pieces : {0, 1, 200}) {
        int handed_out = 0;
        const auto response =
            client.upload(request_of("PUT", "/"), std::uint64_t(pieces) * 64 * 1024,
                          source_of(pieces, handed_out), 10s);
        ASSERT_TRUE(response) << response.error().message;
        EXPECT_EQ(response->body, std::to_string(pieces * 64 * 1024));
    }
    EXPECT_EQ(server->connections(), 1U);
}

TEST(ClientUpload, FailsWhereTheSourceFailsOrMiscounts) {
    TestServer server;
    Client client(url_of(server.port()));
    int handed_out = 0;
    const auto too_short =
        client.upload(request_of("PUT", "/"), 200'000, source_of(2, handed_out), 5s);
    EXPECT_EQ(code_of(too_short), ErrorCode::invalid_input);
    handed_out = 0;
    const auto too_long = client.upload(request_of("PUT", "/"), 100, source_of(2, handed_out), 5s);
    EXPECT_EQ(code_of(too_long), ErrorCode::invalid_input);
    const auto failing = [] { return fail(ErrorCode::corrupt_data, "The disk is broken."); };
    const auto failed = client.upload(request_of("PUT", "/"), 100, failing, 5s);
    EXPECT_EQ(code_of(failed), ErrorCode::corrupt_data);
    EXPECT_TRUE(client.send(request_of("GET", "/"), 5s)) << "The connection is not spoiled.";
}

TEST(ClientUpload, HearsARefusalBeforeItHasSentAll) {
    ServerSettings settings;
    settings.max_body_bytes = 1'000;
    TestServer server(settings);
    Client client(url_of(server.port()));
    int handed_out = 0;
    const auto response = client.upload(request_of("PUT", "/"), std::uint64_t{1} << 30,
                                        source_of(16 * 1024, handed_out), 10s);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 413);
    EXPECT_LT(handed_out, 16 * 1024);
}

TEST(ClientDownload, HandsTheBodyOnPieceByPiece) {
    TestServer server;
    server.handler.reply = [](Request, Responder responder) {
        Response response;
        response.body.assign(std::size_t{8} << 20, 'x');
        responder.send(std::move(response));
    };
    ClientSettings settings;
    settings.max_response_bytes = 1'000;
    Client client(url_of(server.port()), settings);
    std::size_t received = 0;
    const auto count = [&](std::string_view piece) -> Result<void> {
        received += piece.size();
        return {};
    };
    const auto response = client.download(request_of("GET", "/"), count, 10s);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(received, std::size_t{8} << 20);
    EXPECT_EQ(response->body, "");
}

TEST(ClientDownload, KeepsTheBodyOfAFailureAndReturnsTheTargetsError) {
    TestServer server;
    server.handler.reply = [](Request request, Responder responder) {
        Response response;
        response.status = request.path() == "/missing" ? 404 : 200;
        response.body = "text";
        responder.send(std::move(response));
    };
    Client client(url_of(server.port()));
    const auto full = [](std::string_view) -> Result<void> {
        return fail(ErrorCode::conflict, "The disk is full.");
    };
    const auto missing = client.download(request_of("GET", "/missing"), full, 5s);
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->status, 404);
    EXPECT_EQ(missing->body, "text");
    EXPECT_EQ(code_of(client.download(request_of("GET", "/"), full, 5s)), ErrorCode::conflict);
    EXPECT_TRUE(client.send(request_of("GET", "/"), 5s));
}

TEST(Url, IsTakenApart) {
    const struct {
        std::string_view text;
        Url url;
    } rows[] = {
        {"http://host", {"http", "host", 80, ""}},
        {"HTTP://host:8080/", {"http", "host", 8080, ""}},
        {"http://127.0.0.1:9/a/b//", {"http", "127.0.0.1", 9, "/a/b"}},
        {"https://a-b.example.org/x", {"https", "a-b.example.org", 443, "/x"}},
        {"http://[::1]:80/x", {"http", "::1", 80, "/x"}},
    };
    for (const auto& [text, expected] : rows) {
        const auto url = Url::parse(text);
        ASSERT_TRUE(url) << text;
        EXPECT_EQ(url->scheme, expected.scheme) << text;
        EXPECT_EQ(url->host, expected.host) << text;
        EXPECT_EQ(url->port, expected.port) << text;
        EXPECT_EQ(url->path, expected.path) << text;
    }
}

TEST(Url, RefusesEverythingElse) {
    for (const std::string_view text : {"",
                                        "host:80",
                                        "ftp://host",
                                        "http://",
                                        "http:///path",
                                        "http://:80",
                                        "http://host:",
                                        "http://host:0",
                                        "http://host:65536",
                                        "http://host:-1",
                                        "http://host:80x",
                                        "http://h?q",
                                        "http://h/p?q",
                                        "http://h/#f",
                                        "http://u@h",
                                        "http://u:p@h",
                                        "http://[::1",
                                        "http://::1",
                                        "http://h ost",
                                        "http://h/a b",
                                        "http://h\r\n",
                                        "//host"}) {
        const auto url = Url::parse(text);
        ASSERT_FALSE(url) << text;
        EXPECT_EQ(url.error().code, ErrorCode::invalid_input);
        EXPECT_NE(url.error().message.find(text), std::string::npos);
    }
}

}  // namespace
}  // namespace tributary::http
