#include "aws/credentials.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>

#include "base/manual_clock.h"
#include "base/rfc3339.h"
#include "http/scripted_peer.h"

namespace tributary::aws {
namespace {

using http::testing::ScriptedPeer;

class CredentialSourceTest : public testing::Test {
protected:
    static ScriptedPeer::Turn reply(const std::string& body, const char* status = "200 OK") {
        return {"HTTP/1.1 " + std::string(status) +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body};
    }
    [[nodiscard]] std::string answer(const std::string& id, std::chrono::minutes lifetime) const {
        return R"({"AccessKeyId":")" + id +
               R"(","SecretAccessKey":"s","Token":"t","Expiration":")" +
               format_rfc3339(clock_.now() + lifetime) + R"("})";
    }
    CredentialSource source_at(const ScriptedPeer& peer) {
        variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] =
            "http://127.0.0.1:" + std::to_string(peer.port()) + "/creds?role=a";
        return source();
    }
    CredentialSource source() {
        return {CredentialSettings::from_environment(
                    [&](const std::string& name) { return variables_[name]; }),
                clock_};
    }

    ManualClock clock_;
    std::map<std::string, std::string> variables_;
};

TEST_F(CredentialSourceTest, TakesTheVariablesThatLambdaSets) {
    variables_ = {{"AWS_ACCESS_KEY_ID", "id"},
                  {"AWS_SECRET_ACCESS_KEY", "secret"},
                  {"AWS_SESSION_TOKEN", "session"},
                  {"AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://127.0.0.1:1/"}};
    auto source = this->source();
    const auto credentials = source.get();
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->access_key_id, "id");
    EXPECT_EQ(credentials->session_token, "session");
    EXPECT_FALSE(source.renew());
}

TEST_F(CredentialSourceTest, SaysWhichVariablesAreMissing) {
    auto source = this->source();
    EXPECT_FALSE(source.is_configured());
    const auto credentials = source.get();
    ASSERT_FALSE(credentials);
    EXPECT_EQ(credentials.error().code, ErrorCode::invalid_input);
    EXPECT_NE(credentials.error().message.find("AWS_ACCESS_KEY_ID"), std::string::npos);
}

TEST_F(CredentialSourceTest, AsksTheContainersEndpointAndAgainBeforeTheyEnd) {
    ScriptedPeer peer({reply(answer("first", std::chrono::hours(1))),
                       reply(answer("second", std::chrono::hours(2)))});
    const std::string file = testing::TempDir() + "token";
    std::ofstream(file) << "Bearer abc\n";
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = file;
    auto source = source_at(peer);
    EXPECT_EQ(source.get()->access_key_id, "first");
    EXPECT_NE(peer.received(0).find("GET /creds?role=a HTTP/1.1"), std::string::npos);
    EXPECT_NE(peer.received(0).find("Authorization: Bearer abc\r\n"), std::string::npos);
    clock_.advance(std::chrono::minutes(54));
    EXPECT_EQ(source.get()->access_key_id, "first");
    clock_.advance(std::chrono::minutes(2));
    EXPECT_EQ(source.get()->access_key_id, "second");
    EXPECT_EQ(peer.turns(), 2U);
}

TEST_F(CredentialSourceTest, SaysThatTheContainersTokenFileIsADirectory) {
    ScriptedPeer peer({});
    variables_["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = testing::TempDir();
    const auto credentials = source_at(peer).get();
    ASSERT_FALSE(credentials);
    EXPECT_NE(credentials.error().message.find("Is a directory"), std::string::npos)
        << credentials.error().message;
}

TEST_F(CredentialSourceTest, KeepsOldOnesThatAreStillGoodWhileTheEndpointFails) {
    ScriptedPeer peer({reply(answer("first", std::chrono::minutes(10))), reply("", "500 No"),
                       reply("", "500 No")});
    auto source = source_at(peer);
    ASSERT_TRUE(source.get());
    clock_.advance(std::chrono::minutes(6));
    EXPECT_EQ(source.get()->access_key_id, "first");
    clock_.advance(std::chrono::minutes(6));
    EXPECT_EQ(source.get().error().code, ErrorCode::unavailable);
}

TEST_F(CredentialSourceTest, FetchesOthersWhenAwsCallsThemExpired) {
    ScriptedPeer peer({reply(answer("first", std::chrono::hours(1))),
                       reply(answer("second", std::chrono::hours(1)))});
    auto source = source_at(peer);
    ASSERT_TRUE(source.get());
    EXPECT_TRUE(source.renew());
    EXPECT_EQ(source.get()->access_key_id, "second");
}

TEST_F(CredentialSourceTest, RefusesAnAnswerWithoutKeysAndAnAddressInTheClear) {
    ScriptedPeer peer({reply(R"({"Token":"t"})")});
    EXPECT_EQ(source_at(peer).get().error().code, ErrorCode::corrupt_data);
    variables_["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://192.0.2.1/creds";
    EXPECT_EQ(source().get().error().code, ErrorCode::invalid_input);
}

}  // namespace
}  // namespace tributary::aws
