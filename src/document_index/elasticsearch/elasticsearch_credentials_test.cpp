#include "document_index/elasticsearch/elasticsearch_credentials.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "document_index/elasticsearch/scripted_elasticsearch.h"

namespace tributary::document_index::elasticsearch {
namespace {

namespace json = boost::json;
using http::testing::has;

constexpr const char* kKeys = "/_security/api_key";
constexpr const char* kToken = "/_security/service/elastic/kibana/credential/token/dashboards";

class CredentialsTest : public testing::Test {
protected:
    ElasticsearchCredentials& credentials() {
        if (!credentials_) credentials_ = *ElasticsearchCredentials::open(server_.settings());
        return *credentials_;
    }
    void keys_there(const std::string& keys) {
        server_.rule(std::string("GET ") + kKeys, answer(200, R"({"api_keys":[)" + keys + "]}"));
    }

    ScriptedElasticsearch server_;
    const Credential key_{"writer", "", R"({"indices":[{"names":["a"],"privileges":["read"]}]})"};
    const Credential token_{"dashboards", "elastic/kibana", ""};

private:
    std::unique_ptr<ElasticsearchCredentials> credentials_;
};

TEST_F(CredentialsTest, MakesAKeyThatMayDoWhatItsRoleSaysAndNoMore) {
    keys_there(R"({"name":"writer","invalidated":true})");
    server_.rule(std::string("POST ") + kKeys,
                 answer(200, R"({"id":"i","api_key":"k","encoded":"aTpr"})"));
    const auto made = credentials().create(key_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_EQ(*made, "aTpr");
    EXPECT_EQ(server_.requests(std::string("GET ") + kKeys)[0].target,
              std::string(kKeys) + "?name=writer");
    const json::value sent = json::parse(server_.requests(std::string("POST ") + kKeys)[0].body);
    EXPECT_EQ(sent,
              json::parse(R"({"name":"writer","role_descriptors":{"writer":)" + key_.role + "}}"));
}

TEST_F(CredentialsTest, PutsIdAndKeyTogetherWhereTheServerDoesNot) {
    keys_there("");
    server_.rule(std::string("POST ") + kKeys, answer(200, R"({"id":"i","api_key":"k"})"));
    EXPECT_EQ(*credentials().create(key_), "aTpr");
}

TEST_F(CredentialsTest, AKeyThatIsValidIsNotMadeAgain) {
    keys_there(R"({"name":"writer","invalidated":true},{"name":"writer","invalidated":false})");
    const auto made = credentials().create(key_);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_FALSE(*made);
    EXPECT_TRUE(server_.requests(std::string("POST ") + kKeys).empty());
}

TEST_F(CredentialsTest, ARoleThatIsNoObjectIsRefusedBeforeAnythingIsAsked) {
    const auto made = credentials().create({"writer", "", "[]"});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code, ErrorCode::invalid_input);
    EXPECT_TRUE(server_.requests("").empty());
}

TEST_F(CredentialsTest, AServerWithoutSecuritySaysSo) {
    server_.rule(std::string("GET ") + kKeys,
                 answer(400, R"({"error":"no handler found for uri [/_security/api_key]"})"));
    const auto made = credentials().create(key_);
    ASSERT_FALSE(made);
    EXPECT_TRUE(has(made.error().message, "400 when asked to make the API key 'writer'"))
        << made.error().message;
}

TEST_F(CredentialsTest, MakesTheTokenOfAServiceOnce) {
    server_.rule(std::string("POST ") + kToken,
                 answer(200, R"({"created":true,"token":{"name":"dashboards","value":"AAEAA"}})"));
    EXPECT_EQ(*credentials().create(token_), "AAEAA");
    server_.rule(std::string("POST ") + kToken,
                 answer(409, R"({"error":{"type":"version_conflict_engine_exception"}})"));
    const auto again = credentials().create(token_);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_FALSE(*again);
}

TEST_F(CredentialsTest, RevokesWhatIsThereAndWhatIsNot) {
    EXPECT_TRUE(credentials().revoke(key_));
    EXPECT_EQ(server_.requests(std::string("DELETE ") + kKeys)[0].body, R"({"name":"writer"})");
    server_.rule(std::string("DELETE ") + kToken, answer(404));
    EXPECT_TRUE(credentials().revoke(token_));
    server_.rule(std::string("DELETE ") + kKeys,
                 answer(403, R"({"error":{"type":"security_exception","reason":"no"}})"));
    EXPECT_FALSE(credentials().revoke(key_));
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
