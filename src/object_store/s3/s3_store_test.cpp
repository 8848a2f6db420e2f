#include "object_store/s3/s3_store.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "http/scripted_peer.h"
#include "object_store/s3/fake_s3.h"

namespace tributary::object_store {
namespace {

using http::testing::ScriptedPeer;

const aws::Credentials kCredentials{"id", "secret", ""};

class S3StoreTest : public ::testing::Test {
protected:
    S3Store& store_at(const http::Url& endpoint, std::size_t part_bytes = std::size_t{16} << 20) {
        aws::ServiceSettings settings;
        settings.scope = {"eu-central-1", "s3"};
        settings.max_attempts = 3;
        settings.wait = [this](std::chrono::milliseconds) { ++waits_; };
        client_ = std::make_unique<aws::ServiceClient>(settings, credentials_, trace_, clock_);
        S3Settings s3;
        s3.endpoint = endpoint;
        s3.part_bytes = part_bytes;
        store_ = std::make_unique<S3Store>(*client_, std::move(s3));
        return *store_;
    }
    S3Store& store_at(const ScriptedPeer& peer) {
        return store_at(*http::Url::parse("http://127.0.0.1:" + std::to_string(peer.port())));
    }

    static ScriptedPeer::Turn reply(const std::string& head, const std::string& body = "",
                                    ScriptedPeer::Then then = ScriptedPeer::Then::keep) {
        return {"HTTP/1.1 " + head + "\r\n\r\n" + body, then};
    }
    static ScriptedPeer::Turn with_body(const std::string& body) {
        return reply("200 OK\r\nContent-Length: " + std::to_string(body.size()), body);
    }
    static ScriptedPeer::Turn head_of(int size) {
        return reply("200 OK\r\nETag: \"" + std::string(kEtag) +
                     "\"\r\nContent-Length: " + std::to_string(size));
    }
    static Result<std::string> read_all(ObjectStream& stream) {
        std::string content;
        std::string buffer(100'000, '\0');
        while (true) {
            const auto count = stream.read(buffer.data(), buffer.size());
            if (!count) return std::unexpected(count.error());
            if (*count == 0) return content;
            content.append(buffer, 0, *count);
        }
    }

    static constexpr const char* kEtag = "0123456789abcdef0123456789abcdef";
    const ObjectId object_{"bucket", "orders.json"};
    ManualClock clock_;
    aws::CurrentTrace trace_;
    aws::CredentialSource credentials_{{kCredentials, "", "", ""}, clock_};
    std::unique_ptr<aws::ServiceClient> client_;
    std::unique_ptr<S3Store> store_;
    int waits_ = 0;
};

TEST_F(S3StoreTest, ReadsOnAtTheByteThatACutConnectionReached) {
    ScriptedPeer peer(
        {head_of(10),
         reply("206 Partial Content\r\nContent-Length: 10", "0123", ScriptedPeer::Then::close),
         reply("206 Partial Content\r\nContent-Length: 6", "456789")});
    const auto stream = store_at(peer).open(object_, "", 0);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(read_all(**stream), "0123456789");
    EXPECT_NE(peer.received(1).find("Range: bytes=0-9\r\n"), std::string::npos);
    EXPECT_NE(peer.received(2).find("Range: bytes=4-9\r\n"), std::string::npos);
    for (const std::size_t turn : {1U, 2U}) {
        EXPECT_NE(peer.received(turn).find("If-Match: \"" + std::string(kEtag) + "\"\r\n"),
                  std::string::npos)
            << peer.received(turn);
    }
    EXPECT_EQ(waits_, 0) << "What brought bytes is no failure.";
}

TEST_F(S3StoreTest, WaitsAndTriesAgainWhenS3AsksToSlowDown) {
    ScriptedPeer peer({reply("503 Slow Down\r\nContent-Length: 0"), head_of(3),
                       reply("503 Slow Down\r\nContent-Length: 0"),
                       reply("206 Partial Content\r\nContent-Length: 3", "abc")});
    const auto stream = store_at(peer).open(object_, "", 0);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(read_all(**stream), "abc");
    EXPECT_EQ(waits_, 2);
}

TEST_F(S3StoreTest, GivesUpWhereNothingComesAnyMore) {
    const auto broken = reply("500 No\r\nContent-Length: 0");
    ScriptedPeer peer({head_of(3), broken, broken, broken});
    const auto stream = store_at(peer).open(object_, "", 0);
    ASSERT_TRUE(stream);
    const auto content = read_all(**stream);
    ASSERT_FALSE(content);
    EXPECT_EQ(content.error().code, ErrorCode::unavailable);
    EXPECT_EQ(waits_, 2);
}

TEST_F(S3StoreTest, RefusesAServerThatDoesNotKnowRanges) {
    ScriptedPeer peer({head_of(10), reply("200 OK\r\nContent-Length: 10", "0123456789")});
    const auto stream = store_at(peer).open(object_, "", 5);
    ASSERT_TRUE(stream);
    EXPECT_EQ(read_all(**stream).error().code, ErrorCode::corrupt_data);
}

TEST_F(S3StoreTest, SaysInOneSentenceWhatIsWrongWithTheCredentials) {
    FakeS3 fake("bucket", {"id", "another secret", ""});
    S3Store& store = store_at(fake.url());
    for (const auto& failed : {store.head(object_).error(), store.put(object_, "x").error(),
                               store.open(object_, "", 0).error()}) {
        EXPECT_EQ(failed.code, ErrorCode::unavailable);
        EXPECT_NE(failed.message.find("SignatureDoesNotMatch"), std::string::npos)
            << failed.message;
        EXPECT_NE(failed.message.find("AWS_SECRET_ACCESS_KEY"), std::string::npos);
    }
    EXPECT_EQ(waits_, 0);
}

TEST_F(S3StoreTest, ABucketThatIsNotThereIsNoMissingObject) {
    FakeS3 fake("another", kCredentials);
    const auto listed = store_at(fake.url()).list("bucket", "", [](const auto&) { return true; });
    EXPECT_EQ(listed.error().code, ErrorCode::unavailable);
    EXPECT_NE(listed.error().message.find("NoSuchBucket"), std::string::npos);
}

TEST_F(S3StoreTest, OnlyS3sOwnWordMakesAnObjectAbsent) {
    FakeS3 fake("bucket", kCredentials);
    EXPECT_EQ(store_at(fake.url()).open(object_, "", 0).error().code, ErrorCode::not_found);
    FakeS3 without_bucket("another", kCredentials);
    const auto missing = store_at(without_bucket.url()).open(object_, "", 0);
    EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
    EXPECT_NE(missing.error().message.find("Check the bucket's name"), std::string::npos)
        << missing.error().message;
    const std::string nothing = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    ScriptedPeer no_s3({{.reply = nothing}, {.reply = nothing}});
    const auto strange = store_at(no_s3).open(object_, "", 0);
    EXPECT_EQ(strange.error().code, ErrorCode::unavailable);
    EXPECT_NE(strange.error().message.find("no answer of S3"), std::string::npos)
        << strange.error().message;
}

TEST_F(S3StoreTest, ReadsTheVersionThatIsAskedForThoughThereIsANewerOne) {
    FakeS3 fake("bucket", kCredentials);
    fake.keep_versions();
    S3Store& store = store_at(fake.url());
    ASSERT_TRUE(store.put(object_, "one"));
    const auto first = store.head(object_);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->version, "version.1");
    ASSERT_TRUE(store.put(object_, "two"));
    const auto stream = store.open(object_, first->version, 0);
    ASSERT_TRUE(stream) << stream.error().message;
    EXPECT_EQ(read_all(**stream), "one");
    EXPECT_EQ(fake.requests().back(), "GET /bucket/orders.json?versionId=version.1");
    EXPECT_EQ(store.open(object_, "version.9", 0).error().code, ErrorCode::not_found);
}

TEST_F(S3StoreTest, UploadsLargeContentsInParts) {
    FakeS3 fake("bucket", kCredentials);
    S3Store& store = store_at(fake.url(), 1'000);
    std::string content(2'500, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i % 251);
    ASSERT_TRUE(store.put(object_, content));
    const auto stream = store.open(object_, "", 0);
    ASSERT_TRUE(stream);
    EXPECT_EQ(read_all(**stream), content);
    EXPECT_EQ(fake.requests()[3], "PUT /bucket/orders.json?partNumber=3&uploadId=upload%2F0");
}

TEST_F(S3StoreTest, GivesAnUploadUpWhoseLastStepFails) {
    ScriptedPeer peer({with_body("<R><UploadId>upload</UploadId></R>"),
                       reply("200 OK\r\nETag: \"a\"\r\nContent-Length: 0"),
                       reply("200 OK\r\nETag: \"b\"\r\nContent-Length: 0"),
                       with_body("<Error><Code>InternalError</Code></Error>"),
                       reply("204 No Content")});
    const auto stored =
        store_at(*http::Url::parse("http://127.0.0.1:" + std::to_string(peer.port())), 5)
            .put(object_, "0123456789");
    ASSERT_FALSE(stored);
    EXPECT_EQ(stored.error().code, ErrorCode::unavailable);
    EXPECT_TRUE(peer.received(4).starts_with("DELETE /bucket/orders.json?uploadId=upload "));
}

TEST_F(S3StoreTest, ListsPageByPage) {
    FakeS3 fake("bucket", kCredentials);
    fake.set_page_size(2);
    S3Store& store = store_at(fake.url());
    for (const char* key : {"a", "b", "c", "d", "e"}) {
        ASSERT_TRUE(store.put(ObjectId("bucket", key), key));
    }
    std::string keys;
    ASSERT_TRUE(store.list("bucket", "", [&](const std::string& key) {
        keys += key;
        return true;
    }));
    EXPECT_EQ(keys, "abcde");
}

TEST_F(S3StoreTest, ALargeObjectIsReadInRangesThatGrow) {
    FakeS3 fake("bucket", kCredentials);
    S3Store& store = store_at(fake.url());
    const std::string content(std::size_t{4} << 20, 'x');
    ASSERT_TRUE(store.put(object_, content));
    const std::size_t before = fake.requests().size();
    const auto stream = store.open(object_, "", 0);
    ASSERT_TRUE(stream);
    EXPECT_TRUE(read_all(**stream) == content);
    EXPECT_EQ(fake.requests().size() - before, 4U) << "a HEAD, and 1, 2 and 1 MiB";
}

}  // namespace
}  // namespace tributary::object_store
