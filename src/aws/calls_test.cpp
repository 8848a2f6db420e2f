#include "aws/calls.h"

#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "http/scripted_peer.h"

namespace tributary::aws {
namespace {

using http::testing::ScriptedPeer;

ScriptedPeer::Turn answer(const std::string& status, const std::string& body = "") {
    return {"HTTP/1.1 " + status + "\r\nContent-Length: " + std::to_string(body.size()) +
            "\r\n\r\n" + body};
}

class CallsTest : public testing::Test {
protected:
    ServiceClient& client_for(const std::string& service) {
        ServiceSettings settings;
        settings.scope = {"eu-west-1", service};
        settings.max_attempts = 1;
        client_ = std::make_unique<ServiceClient>(settings, credentials_, trace_, clock_);
        return *client_;
    }
    static http::Url url_of(const ScriptedPeer& peer) {
        return *http::Url::parse("http://127.0.0.1:" + std::to_string(peer.port()));
    }
    static void expect_parts(const std::string& request, std::initializer_list<const char*> parts) {
        for (const char* part : parts) {
            EXPECT_NE(request.find(part), std::string::npos) << part << "\n" << request;
        }
    }

    ManualClock clock_;
    CurrentTrace trace_;
    CredentialSource credentials_{{{"id", "secret", ""}, "", "", ""}, clock_};
    std::unique_ptr<ServiceClient> client_;
};

TEST_F(CallsTest, InvokesAFunctionAsynchronously) {
    ScriptedPeer peer(
        {answer("202 Accepted"), answer("429 Too Many", R"({"Type":"User","Reason":)"
                                                        R"("Limit","message":"slow"})")});
    FunctionInvoker invoker(client_for("lambda"), url_of(peer), "lambda_s3");
    trace_.set("Root=1-a;Lineage=b:3");
    ASSERT_TRUE(invoker.invoke(R"({"a":1})"));
    expect_parts(peer.received(0),
                 {"POST /2015-03-31/functions/lambda_s3/invocations HTTP/1.1\r\n",
                  "X-Amz-Invocation-Type: Event\r\n", "/eu-west-1/lambda/aws4_request",
                  "X-Amzn-Trace-Id: Root=1-a;Lineage=b:3\r\n", "\r\n\r\n{\"a\":1}"});
    const auto refused = invoker.invoke("{}");
    EXPECT_EQ(refused.error().code, ErrorCode::unavailable);
    EXPECT_NE(refused.error().message.find("429"), std::string::npos);
}

TEST_F(CallsTest, ReadsASecretOnceAndAgainWhenItIsStale) {
    ScriptedPeer peer({answer("200 OK", R"({"SecretString":" token-1\n"})"),
                       answer("200 OK", R"({"SecretBinary":"dG9rZW4tMg=="})")});
    Secret secret(client_for("secretsmanager"), url_of(peer), "arn:s");
    EXPECT_EQ(secret.text(false), "token-1");
    EXPECT_EQ(secret.text(false), "token-1");
    EXPECT_EQ(peer.turns(), 1U);
    EXPECT_EQ(secret.text(true), "token-2");
    expect_parts(peer.received(0),
                 {"POST / HTTP/1.1\r\n", "X-Amz-Target: secretsmanager.GetSecretValue\r\n",
                  "Content-Type: application/x-amz-json-1.1\r\n", R"({"SecretId":"arn:s"})"});
}

TEST_F(CallsTest, SaysWhyASecretCannotBeRead) {
    ScriptedPeer peer({answer("400 Bad", R"({"__type":"AccessDeniedException",)"
                                         R"("Message":"not you"})"),
                       answer("200 OK", R"({"SecretString":""})")});
    Secret secret(client_for("secretsmanager"), url_of(peer), "arn:s");
    EXPECT_NE(secret.text(false).error().message.find("AccessDeniedException: not you"),
              std::string::npos);
    EXPECT_EQ(secret.text(false).error().code, ErrorCode::unavailable);
}

TEST_F(CallsTest, GivesAMessageBackAtOnce) {
    ScriptedPeer peer(
        {answer("200 OK"), answer("400 Bad", R"({"__type":"x#ReceiptHandleIsInvalid"})")});
    QueueMessages messages(client_for("sqs"), url_of(peer));
    const std::string queue = "arn:aws:sqs:eu-west-1:123456789012:uploads";
    ASSERT_TRUE(messages.make_visible(queue, "handle"));
    expect_parts(peer.received(0),
                 {"X-Amz-Target: AmazonSQS.ChangeMessageVisibility\r\n",
                  "Content-Type: application/x-amz-json-1.0\r\n", "/123456789012/uploads\"",
                  R"("ReceiptHandle":"handle","VisibilityTimeout":0})"});
    EXPECT_NE(messages.make_visible(queue, "old").error().message.find("ReceiptHandleIsInvalid"),
              std::string::npos);
    EXPECT_EQ(messages.make_visible("queue", "h").error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace tributary::aws
