#include <gtest/gtest.h>
#include <mutex>
#include <optional>

#include "http/server.h"
#include "http/testing.h"

/// Answers that go on: `Responder::stream`.
namespace tributary::http {
namespace {

using testing::eventually;
using testing::RawConnection;
using testing::status_of;
using testing::TestServer;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// A server whose answers are streams that the test writes to.
class StreamTest : public ::testing::Test {
protected:
    StreamTest() {
        server.handler.reply = [this](Request, Responder responder) {
            Response head;
            head.headers.set("Content-Type", "application/x-ndjson");
            const std::scoped_lock lock(mutex_);
            stream_ = responder.stream(std::move(head));
        };
    }
    ~StreamTest() override { end(); }

    void await() {
        ASSERT_TRUE(eventually([&] {
            const std::scoped_lock lock(mutex_);
            return stream_.has_value();
        }));
    }
    bool write(std::string_view piece) {
        const std::scoped_lock lock(mutex_);
        return stream_->write(piece);
    }
    void end() {
        const std::scoped_lock lock(mutex_);
        stream_.reset();
    }

    TestServer server;

private:
    std::mutex mutex_;
    std::optional<Stream> stream_;
};

constexpr std::string_view kStreamRequest = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

TEST_F(StreamTest, SendsPiecesAsTheyComeAndEnds) {
    RawConnection connection(server.port());
    connection.send(kStreamRequest);
    await();
    EXPECT_TRUE(write("{\"a\":1}\n"));
    const std::string first =
        connection.read_until([](const std::string& all) { return contains(all, "}\n\r\n"); });
    EXPECT_EQ(status_of(first), 200);
    EXPECT_TRUE(contains(first, "Transfer-Encoding: chunked\r\n")) << first;
    EXPECT_FALSE(contains(first, "Content-Length")) << first;
    EXPECT_TRUE(first.ends_with("\r\n\r\n8\r\n{\"a\":1}\n\r\n")) << first;
    EXPECT_TRUE(write("{}"));
    end();
    EXPECT_EQ(connection.read_to_end(), "2\r\n{}\r\n0\r\n\r\n");
}

TEST_F(StreamTest, AnHttp10ClientGetsThePiecesUntilTheEnd) {
    RawConnection connection(server.port());
    connection.send("GET / HTTP/1.0\r\n\r\n");
    await();
    EXPECT_TRUE(write("abc"));
    end();
    const std::string answer = connection.read_to_end();
    EXPECT_FALSE(contains(answer, "Transfer-Encoding")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\n\r\nabc")) << answer;
}

TEST_F(StreamTest, HeadGetsNoPieces) {
    RawConnection connection(server.port());
    connection.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_TRUE(connection.read_to_end().ends_with("\r\n\r\n"));
    await();
    EXPECT_TRUE(eventually([&] { return !write("abc"); }));
}

TEST_F(StreamTest, NoticesThatTheClientHasGone) {
    {
        RawConnection connection(server.port());
        connection.send(kStreamRequest);
        await();
        EXPECT_TRUE(write("abc"));
    }
    EXPECT_TRUE(eventually([&] { return server->connections() == 0; }));
    EXPECT_FALSE(write("def"));
}

TEST_F(StreamTest, GivesUpOnAClientThatDoesNotRead) {
    RawConnection connection(server.port(), 4096);
    connection.send(kStreamRequest);
    await();
    const std::string piece(64 * 1024, 'x');
    EXPECT_TRUE(eventually([&] { return !write(piece); }));
}

TEST_F(StreamTest, DrainingDoesNotWaitForStreams) {
    RawConnection connection(server.port());
    connection.send(kStreamRequest);
    await();
    EXPECT_TRUE(write("abc"));
    server->drain(std::chrono::minutes(10));
    EXPECT_EQ(server->connections(), 0U);
    EXPECT_FALSE(write("def"));
}

}  // namespace
}  // namespace tributary::http
