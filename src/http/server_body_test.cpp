#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <mutex>
#include <optional>

#include "http/encoded.h"
#include "http/server.h"
#include "http/testing.h"

namespace tributary::http {
namespace {

using testing::eventually;
using testing::gzip_of;
using testing::has;
using testing::RawConnection;
using testing::send_raw;
using testing::status_of;
using testing::TestServer;
using testing::zstd_of;

std::string put(std::string_view body, std::string_view fields = {}) {
    return "PUT / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + std::string(fields) + "\r\n" + std::string(body);
}

ServerSettings limited_to(std::size_t max_body_bytes) {
    ServerSettings settings;
    settings.max_body_bytes = max_body_bytes;
    return settings;
}

TEST(ServerBody, Is413ByItsAnnouncedLengthBeforeItIsRead) {
    TestServer server(limited_to(10));
    RawConnection connection(server.port());
    connection.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\n");
    const std::string answer = connection.read_to_end();
    EXPECT_EQ(status_of(answer), 413);
    EXPECT_TRUE(has(answer, "10 bytes")) << answer;
    EXPECT_EQ(status_of(send_raw(server, put("0123456789"))), 200);
}

TEST(ServerBody, Is413EvenIfTheClientSendsItAllWithoutListening) {
    TestServer server(limited_to(10));
    // The answer must survive the megabytes that nobody reads.
    EXPECT_EQ(status_of(send_raw(server, put(std::string(std::size_t{4} << 20, 'x')))), 413);
}

TEST(ServerBody, Is413WhileChunksArrive) {
    TestServer server(limited_to(10));
    RawConnection connection(server.port());
    connection.send(
        "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "6\r\nabcdef\r\n6\r\n");
    connection.send("abcdef");
    EXPECT_EQ(status_of(connection.read_to_end()), 413);
}

TEST(ServerBody, MayHaveItsOwnLimitByItsHead) {
    TestServer server(limited_to(10));
    server.handler.policy = [](const Request& head) {
        BodyPolicy policy;
        if (head.method == "PUT") policy.max_body_bytes = 20;
        return policy;
    };
    EXPECT_EQ(status_of(send_raw(server, put(std::string(20, 'x')))), 200);
    EXPECT_EQ(status_of(send_raw(server, put(std::string(21, 'x')))), 413);
}

TEST(ServerBody, IsDecodedAndSaysSoNoMore) {
    TestServer server;
    server.handler.reply = [](Request request, Responder responder) {
        Response response;
        response.body = request.body;
        if (request.headers.contains("Content-Encoding")) response.body += " (still encoded)";
        if (request.headers.contains("Content-Length")) response.body += " (old length)";
        responder.send(std::move(response));
    };
    EXPECT_TRUE(send_raw(server, put(gzip_of("hello"), "Content-Encoding: gzip\r\n"))
                    .ends_with("\r\n\r\nhello"));
    EXPECT_TRUE(
        send_raw(server, put(gzip_of("hel") + gzip_of("lo"), "Content-Encoding: X-GZIP\r\n"))
            .ends_with("\r\n\r\nhello"));
    EXPECT_TRUE(send_raw(server, put(zstd_of("hello"), "Content-Encoding: zstd\r\n"))
                    .ends_with("\r\n\r\nhello"));
}

TEST(ServerBody, IsHeldToTheLimitAfterDecodingToo) {
    TestServer server(limited_to(1'000'000));
    const std::string bomb(std::size_t{50} << 20, '\0');
    for (const auto& [name, body] : {std::pair{"gzip", gzip_of(bomb)}, {"zstd", zstd_of(bomb)}}) {
        const std::string answer =
            send_raw(server, put(body, "Content-Encoding: " + std::string(name) + "\r\n"));
        EXPECT_EQ(status_of(answer), 413) << name;
        EXPECT_TRUE(has(answer, "decompressed")) << answer;
    }
}

TEST(ServerBody, Is415InAnUnknownEncodingAnd400WhereDamaged) {
    TestServer server;
    const std::string answer = send_raw(server, put("x", "Content-Encoding: br\r\n"));
    EXPECT_EQ(status_of(answer), 415);
    EXPECT_TRUE(has(answer, "Accept-Encoding: gzip, zstd\r\n")) << answer;
    EXPECT_EQ(status_of(send_raw(server, put("x", "Content-Encoding: gzip, gzip\r\n"))), 415);
    EXPECT_EQ(status_of(send_raw(server, put("x",
                                             "Content-Encoding: gzip\r\nContent-Encoding: "
                                             "zstd\r\n"))),
              415);
    EXPECT_EQ(status_of(send_raw(server, put("x", "Content-Encoding: gzip\r\n"))), 400);
    EXPECT_EQ(status_of(send_raw(server, put("xxxx", "Content-Encoding: zstd\r\n"))), 400);
}

TEST(ServerBody, IsRefusedFor503WhileTheBuffersAreFull) {
    ServerSettings settings;
    settings.max_buffered_bytes = 1'000;
    TestServer server(settings);
    RawConnection holding(server.port());
    holding.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 900\r\n\r\n");
    std::string answer;
    ASSERT_TRUE(eventually([&] {
        answer = send_raw(server, put(std::string(200, 'x')));
        return status_of(answer) == 503;
    }));
    EXPECT_TRUE(has(answer, "Retry-After: ")) << answer;
    EXPECT_EQ(status_of(send_raw(server, put("small"))), 200);

    holding.send(std::string(900, 'x'));
    EXPECT_EQ(status_of(holding.read_answer()), 200);
    EXPECT_EQ(status_of(send_raw(server, put(std::string(200, 'x')))), 200);
}

TEST(ServerBody, CountsChunkedAndDecodedBytesAsBuffered) {
    ServerSettings settings;
    settings.max_buffered_bytes = 400'000;
    TestServer server(settings);
    EXPECT_EQ(status_of(send_raw(
                  server, put(gzip_of(std::string(1'000'000, 'x')), "Content-Encoding: gzip\r\n"))),
              503);
    RawConnection chunked(server.port());
    chunked.send("PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
    chunked.send("7A120\r\n" + std::string(500'000, 'x') + "\r\n0\r\n\r\n");
    EXPECT_EQ(status_of(chunked.read_to_end()), 503);
    EXPECT_EQ(status_of(send_raw(server, put(std::string(300'000, 'x')))), 200);
}

/// What became of a sink, seen from outside.
struct SinkRecord {
    std::mutex mutex;
    std::string written;
    std::size_t largest_piece = 0;
    bool is_finished = false;
    bool is_destroyed = false;
    std::optional<Error> write_error;
    std::optional<Error> finish_error;
};

class RecordingSink final : public BodySink {
public:
    explicit RecordingSink(SinkRecord& record) : record_(record) {}
    ~RecordingSink() override {
        const std::scoped_lock lock(record_.mutex);
        record_.is_destroyed = true;
    }
    Result<void> write(std::string_view piece) override {
        const std::scoped_lock lock(record_.mutex);
        if (record_.write_error) return std::unexpected(*record_.write_error);
        record_.written += piece;
        record_.largest_piece = std::max(record_.largest_piece, piece.size());
        return {};
    }
    Result<void> finish() override {
        const std::scoped_lock lock(record_.mutex);
        if (record_.finish_error) return std::unexpected(*record_.finish_error);
        record_.is_finished = true;
        return {};
    }

private:
    SinkRecord& record_;
};

void use_sink(TestServer& server, SinkRecord& record) {
    server.handler.policy = [&record](const Request&) {
        BodyPolicy policy;
        policy.max_body_bytes = std::size_t{64} << 20;
        policy.sink = std::make_unique<RecordingSink>(record);
        return policy;
    };
}

TEST(ServerSink, TakesABodyLargerThanTheBuffersPieceByPiece) {
    ServerSettings settings = limited_to(1'000);
    settings.max_buffered_bytes = 1'000;
    SinkRecord record;
    TestServer server(settings);
    use_sink(server, record);
    std::string body;
    for (int i = 0; i < 1'000'000; ++i) body += std::to_string(i);
    const std::string answer = send_raw(server, put(body));
    EXPECT_TRUE(answer.ends_with("PUT / ")) << answer;
    EXPECT_TRUE(record.written == body);
    EXPECT_TRUE(record.is_finished);
    EXPECT_LE(record.largest_piece, 64U * 1024);
}

TEST(ServerSink, TakesAnEmptyBodyAndADecodedOne) {
    SinkRecord record;
    TestServer server;
    use_sink(server, record);
    EXPECT_EQ(status_of(send_raw(server, put(""))), 200);
    EXPECT_TRUE(record.is_finished);
    EXPECT_EQ(status_of(send_raw(server, put(gzip_of("plain"), "Content-Encoding: gzip\r\n"))),
              200);
    EXPECT_EQ(record.written, "plain");
}

TEST(ServerSink, TurnsItsErrorsIntoStatuses) {
    const std::pair<ErrorCode, int> rows[] = {
        {ErrorCode::retry_later, 503},   {ErrorCode::unavailable, 503},
        {ErrorCode::invalid_input, 400}, {ErrorCode::internal, 500},
        {ErrorCode::corrupt_data, 500},
    };
    for (const auto& [code, status] : rows) {
        for (const bool fails_at_once : {true, false}) {
            SinkRecord record;
            TestServer server;
            use_sink(server, record);
            (fails_at_once ? record.write_error : record.finish_error) =
                Error(code, "disk says \"no\"");
            const std::string answer = send_raw(server, put(std::string(100'000, 'x')));
            EXPECT_EQ(status_of(answer), status) << to_string(code);
            EXPECT_TRUE(has(answer, R"(disk says \"no\")")) << answer;
            EXPECT_EQ(has(answer, "Retry-After"), status == 503) << answer;
            EXPECT_FALSE(record.is_finished);
        }
    }
}

TEST(ServerSink, IsDestroyedUnfinishedWhereTheClientGoesAway) {
    SinkRecord record;
    TestServer server;
    use_sink(server, record);
    RawConnection connection(server.port());
    connection.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf");
    ASSERT_TRUE(eventually([&] {
        const std::scoped_lock lock(record.mutex);
        return record.written == "half";
    }));
    connection.close();
    EXPECT_TRUE(eventually([&] {
        const std::scoped_lock lock(record.mutex);
        return record.is_destroyed;
    }));
    EXPECT_FALSE(record.is_finished);
}

}  // namespace
}  // namespace tributary::http
