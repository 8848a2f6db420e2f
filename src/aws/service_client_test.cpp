#include "aws/service_client.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "http/scripted_peer.h"

namespace tributary::aws {
namespace {

using http::testing::ScriptedPeer;
using std::chrono::milliseconds;

ScriptedPeer::Turn reply(const std::string& status, const std::string& body = "",
                         ScriptedPeer::Then then = ScriptedPeer::Then::keep) {
    return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body,
            then};
}

class ServiceClientTest : public testing::Test {
protected:
    Result<http::Response> send(const ScriptedPeer& peer, const std::string& body = "") {
        ServiceSettings settings;
        settings.scope = {"eu-central-1", "s3"};
        settings.may_be_unsigned = may_be_unsigned_;
        settings.max_attempts = 4;
        settings.wait = [this](milliseconds time) { waits_.push_back(time); };
        ServiceClient client(settings, credentials_, trace_, clock_);
        http::Request request;
        request.method = body.empty() ? "GET" : "PUT";
        request.target = "/bucket/key";
        return client.send(
            *http::Url::parse("http://127.0.0.1:" + std::to_string(peer.port()) + "/base"), request,
            body);
    }

    ManualClock clock_;
    CurrentTrace trace_;
    CredentialSource credentials_{{{"id", "secret", "session"}, "", "", ""}, clock_};
    bool may_be_unsigned_ = false;
    std::vector<milliseconds> waits_;
};

TEST_F(ServiceClientTest, SignsTheRequestAndPassesTheTraceOn) {
    ScriptedPeer peer({reply("200 OK", "fine")});
    trace_.set("Root=1-5e1b4151-43a0913a12345678901234567");
    const auto response = send(peer, "content");
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "fine");
    const std::string request = peer.received(0);
    for (const char* part :
         {"PUT /base/bucket/key HTTP/1.1\r\n", "Authorization: AWS4-HMAC-SHA256 Credential=id/",
          "/eu-central-1/s3/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;"
          "x-amz-security-token, Signature=",
          "X-Amz-Security-Token: session\r\n", "\r\n\r\ncontent",
          "X-Amzn-Trace-Id: Root=1-5e1b4151-43a0913a12345678901234567\r\n"}) {
        EXPECT_NE(request.find(part), std::string::npos) << part << "\n" << request;
    }
}

TEST_F(ServiceClientTest, TriesAgainWithGrowingJitterWhatMayPass) {
    ScriptedPeer peer(
        {reply("503 Slow Down", "<Error><Code>SlowDown</Code></Error>"),
         {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut", ScriptedPeer::Then::close},
         reply("400 Bad Request", "<Error><Code>RequestTimeout</Code></Error>"),
         reply("200 OK", "fine")});
    const auto response = send(peer);
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->body, "fine");
    ASSERT_EQ(waits_.size(), 3U);
    EXPECT_LE(waits_[0], milliseconds(100));
    EXPECT_LE(waits_[1], milliseconds(200));
    EXPECT_LE(waits_[2], milliseconds(400));
}

TEST_F(ServiceClientTest, GivesUpAfterItsAttemptsAndSaysWhatWasAnswered) {
    ScriptedPeer peer({reply("503 A"), reply("500 B"), reply("503 C"), reply("503 D", "last")});
    const auto response = send(peer);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 503);
    EXPECT_EQ(response->body, "last");
}

TEST_F(ServiceClientTest, ALostAnswerIsUnavailableInTheEnd) {
    const ScriptedPeer::Turn cut{"", ScriptedPeer::Then::close};
    ScriptedPeer peer({cut, cut, cut, cut, cut, cut, cut, cut});
    const auto response = send(peer);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::unavailable);
}

TEST_F(ServiceClientTest, DoesNotRepeatARefusal) {
    ScriptedPeer peer({reply("403 Forbidden", "<Error><Code>AccessDenied</Code></Error>")});
    EXPECT_EQ(send(peer)->status, 403);
    EXPECT_EQ(peer.turns(), 1U);
}

TEST_F(ServiceClientTest, WithoutCredentialsOnlyAStandInIsAsked) {
    ScriptedPeer peer({reply("202 Accepted")});
    CredentialSource none({}, clock_);
    ServiceSettings settings;
    settings.scope = {"eu-central-1", "lambda"};
    const auto url = *http::Url::parse("http://127.0.0.1:" + std::to_string(peer.port()));
    http::Request request;
    request.method = "POST";
    request.target = "/";
    ServiceClient strict(settings, none, trace_, clock_);
    EXPECT_EQ(strict.send(url, request).error().code, ErrorCode::invalid_input);
    settings.may_be_unsigned = true;
    ServiceClient lenient(settings, none, trace_, clock_);
    EXPECT_EQ(lenient.send(url, request)->status, 202);
    EXPECT_EQ(peer.received(0).find("Authorization"), std::string::npos);
}

TEST(ServiceErrorTest, IsReadFromXmlAndFromJson) {
    http::Response response;
    response.body =
        "<?xml version=\"1.0\"?>\n<Error><Code>NoSuchKey</Code>"
        "<Message>No &lt;key&gt; &amp; no &quot;file&quot;</Message></Error>";
    EXPECT_EQ(error_of(response).code, "NoSuchKey");
    EXPECT_EQ(error_of(response).message, "No <key> & no \"file\"");
    response.body = R"({"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"gone"})";
    EXPECT_EQ(error_of(response).code, "QueueDoesNotExist");
    EXPECT_EQ(error_of(response).message, "gone");
    response.headers.add("x-amzn-ErrorType", "ResourceNotFoundException:http://x/");
    response.body = R"({"Message":"no function"})";
    EXPECT_EQ(error_of(response).code, "ResourceNotFoundException");
    response.body = "busy";
    EXPECT_EQ(error_of(response).message, "busy");
}

}  // namespace
}  // namespace tributary::aws
