#include "http/request_parser.h"

#include <gtest/gtest.h>
#include <string>

#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::send_raw;
using testing::status_of;
using testing::TestServer;
using namespace std::string_literals;

/// What two servers could read in two ways, or what is no HTTP at all.
const std::string hostile_requests[] = {
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: "
    "chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: "
    "3\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
    "chunked\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding:\r\n\r\n",
    "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 4\r\n\r\nabcd",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0x3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3 4\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 18446744073709551616\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Length : 3\r\n\r\nabc",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n\tfolded\r\n\r\n",
    "GET / HTTP/1.1\r\n Host: h\r\n\r\n",
    "GET / HTTP/1.1\nHost: h\n\n",
    "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: y\r\n\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s,
    "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s,
    "GET / HTTP/1.1\r\nHost: h\r\nBad Name: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nB\xC3\xA4"
    "d: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\n: x\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: h\r\nNoColon\r\n\r\n",
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
    "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.2\r\nHost: h\r\n\r\n",
    "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
    "GET /\r\n\r\n",
    "G@T / HTTP/1.1\r\nHost: h\r\n\r\n",
    " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\n0\n\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcXX0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;" + std::string(20'000, 'x'),
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: " +
        std::string(40'000, 'x'),
    "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: "
    "5\r\n\r\n",
};

TEST(RequestParser, RefusesWhatCouldBeReadInTwoWays) {
    TestServer server;
    for (const std::string& request : hostile_requests) {
        const std::string answer =
            send_raw(server, request + "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n");
        EXPECT_EQ(status_of(answer), 400) << request.substr(0, 200) << "\n"
                                          << answer.substr(0, 200);
        EXPECT_NE(answer.find("Connection: close\r\n"), std::string::npos) << answer;
        EXPECT_EQ(answer.find("smuggled"), std::string::npos) << request.substr(0, 200);
    }
}

/// Unusual, but unambiguous.
const std::string tolerated_requests[] = {
    "\r\nGET / HTTP/1.0\r\n\r\n",
    "\r\n\r\nGET / HTTP/1.0\r\nHost: h\r\n\r\n",
    "get / HTTP/1.0\r\n\r\n",
    "OPTIONS * HTTP/1.0\r\n\r\n",
    "GET / HTTP/1.0\r\nX:\r\nY:   padded \t\r\n\r\n",
    "POST / HTTP/1.0\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "POST / HTTP/1.1\r\nHost:\r\nConnection: close\r\nTransfer-Encoding: Chunked\r\n\r\n"
    "003;a=b;c=\"d\"\r\nabc\r\n000\r\nTrailer: x\r\n\r\n",
};

TEST(RequestParser, AcceptsWhatIsOnlyUnusual) {
    TestServer server;
    for (const std::string& request : tolerated_requests) {
        const std::string answer = send_raw(server, request);
        EXPECT_EQ(status_of(answer), 200) << request.substr(0, 200) << "\n"
                                          << answer.substr(0, 200);
    }
}

/// Reads `bytes` in pieces of `step`, as a connection would; `*` where it is refused.
std::string read_in_steps(std::string_view bytes, std::size_t step) {
    BufferBudget budget(1 << 20);
    BudgetShare share(budget);
    RequestParser parser(4'096);
    std::string unread;
    std::optional<IncomingBody> body;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        unread += bytes.substr(at, step);
        if (!body) {
            const auto used = parser.read_head(unread);
            if (!used) return "*";
            if (*used == 0) continue;
            unread.erase(0, *used);
            BodyPolicy policy;
            policy.max_body_bytes = 1 << 20;
            body.emplace(std::move(policy), nullptr, share);
        }
        if (!parser.is_done()) {
            const auto used = parser.read_body(unread, *body);
            if (!used) return "*";
            unread.erase(0, *used);
        }
        if (parser.is_done()) return parser.request().target + " " + body->take();
    }
    return "incomplete";
}

TEST(RequestParser, ReadsTheSameHoweverTheBytesAreCut) {
    std::vector<std::string> requests(std::begin(hostile_requests), std::end(hostile_requests));
    requests.insert(requests.end(), std::begin(tolerated_requests), std::end(tolerated_requests));
    for (const std::string& request : requests) {
        const std::string whole = read_in_steps(request, request.size());
        for (const std::size_t step : {1U, 2U, 3U, 7U}) {
            EXPECT_EQ(read_in_steps(request, step), whole) << request << " in steps of " << step;
        }
    }
}

TEST(RequestParser, LeavesTheNextRequestInTheInput) {
    RequestParser parser(4'096);
    const std::string two = "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n";
    const auto first = parser.read_head(two);
    ASSERT_TRUE(first);
    EXPECT_EQ(parser.request().target, "/1");
    EXPECT_FALSE(parser.has_body());
    parser.reset();
    ASSERT_TRUE(parser.read_head(std::string_view(two).substr(*first)));
    EXPECT_EQ(parser.request().target, "/2");
}

}  // namespace
}  // namespace tributary::http
