#include <gtest/gtest.h>

#include "document_index/elasticsearch/mapping.h"
#include "document_index/elasticsearch/scripted_elasticsearch.h"

namespace tributary::document_index::elasticsearch {
namespace {

constexpr const char* kTemplate = "/_index_template/tributary-orders-index";

std::string meta(int version, const std::string& fingerprint) {
    return R"("_meta":{"tributary_version":)" + std::to_string(version) + R"(,"fingerprint":")" +
           fingerprint + R"("})";
}
std::string installed_template(int version, const std::string& fingerprint) {
    return R"({"index_templates":[{"name":"x","index_template":{)" + meta(version, fingerprint) +
           "}}]}";
}
std::string installed_mapping(int version, const std::string& fingerprint) {
    return R"({"orders-index":{"mappings":{)" + meta(version, fingerprint) + "}}}";
}

class InstallationTest : public testing::Test {
protected:
    Result<void> install() { return (*ElasticsearchIndex::open(settings_))->install(); }
    std::size_t count(const std::string& beginning) { return server_.requests(beginning).size(); }

    ScriptedElasticsearch server_;
    ElasticsearchSettings settings_ = server_.settings();
    const std::string fingerprint_ = mapping_of(settings_.indices["orders-index"]).fingerprint;
};

TEST_F(InstallationTest, MakesWhatIsAbsent) {
    const auto installed = install();
    ASSERT_TRUE(installed) << installed.error().message;
    ASSERT_EQ(count(std::string("PUT ") + kTemplate), 1U);
    const auto body = server_.requests(std::string("PUT ") + kTemplate)[0].body;
    EXPECT_NE(body.find(R"("index_patterns":["orders-index"])"), std::string::npos) << body;
    EXPECT_NE(body.find(R"("allow_auto_create":false)"), std::string::npos) << body;
    EXPECT_NE(body.find(R"("total":{"type":"double","ignore_malformed":true,"coerce":true})"),
              std::string::npos)
        << body;
    EXPECT_EQ(count("PUT /orders-index"), 1U);
    EXPECT_EQ(count("PUT /dead-letters-index"), 1U);
}

TEST_F(InstallationTest, LeavesAloneWhatIsCurrent) {
    server_.rule(std::string("GET ") + kTemplate, answer(200, installed_template(1, fingerprint_)));
    server_.rule("GET /orders-index/_mapping", answer(200, installed_mapping(1, fingerprint_)));
    ASSERT_TRUE(install());
    EXPECT_EQ(count(std::string("PUT ") + kTemplate), 0U);
    EXPECT_EQ(count("PUT /orders-index"), 0U);
}

TEST_F(InstallationTest, BringsUpToDateWhatIsOlderOrOfAnotherCatalog) {
    for (const auto& [version, fingerprint] :
         {std::pair<int, std::string>{0, ""}, {0, fingerprint_}, {1, "another"}}) {
        const auto before = count("PUT /orders-index/_mapping");
        server_.rule(std::string("GET ") + kTemplate,
                     answer(200, installed_template(version, fingerprint)));
        server_.rule("GET /orders-index/_mapping",
                     answer(200, installed_mapping(version, fingerprint)));
        ASSERT_TRUE(install());
        EXPECT_EQ(count("PUT /orders-index/_mapping"), before + 1);
        EXPECT_EQ(count(std::string("PUT ") + kTemplate), before + 1);
    }
}

TEST_F(InstallationTest, RefusesWhatANewerVersionMade) {
    server_.rule(std::string("GET ") + kTemplate, answer(200, installed_template(2, "new")));
    const auto by_template = install();
    ASSERT_FALSE(by_template);
    EXPECT_EQ(by_template.error().code, ErrorCode::invalid_input);
    EXPECT_NE(by_template.error().message.find("newer"), std::string::npos);

    server_.rule(std::string("GET ") + kTemplate, answer(404));
    server_.rule("GET /orders-index/_mapping", answer(200, installed_mapping(2, "new")));
    const auto by_index = install();
    ASSERT_FALSE(by_index);
    EXPECT_EQ(by_index.error().code, ErrorCode::invalid_input);
    EXPECT_EQ(count("PUT /orders-index"), 0U);
}

TEST_F(InstallationTest, DoesWithoutWhatOldServersDoNotKnow) {
    server_.rule(std::string("PUT ") + kTemplate, [](const http::Request& request) {
        const bool is_new = request.body.find("allow_auto_create") != std::string::npos;
        return is_new ? answer(400, R"({"error":{"type":"x_content_parse_exception",)"
                                    R"("reason":"unknown field [allow_auto_create]"}})")
                      : answer(200);
    });
    EXPECT_TRUE(install());
    EXPECT_EQ(count(std::string("PUT ") + kTemplate), 2U);
}

TEST_F(InstallationTest, TakesItWellWhenAnotherProcessIsFaster) {
    server_.rule("PUT /orders-index",
                 answer(400, R"({"error":{"type":"resource_already_exists_exception"}})"));
    EXPECT_TRUE(install());
}

TEST_F(InstallationTest, SaysWhatItMayNotDo) {
    server_.rule("PUT /_index_template",
                 answer(403, R"({"error":{"type":"security_exception","reason":"no"}})"));
    const auto installed = install();
    ASSERT_FALSE(installed);
    EXPECT_EQ(installed.error().code, ErrorCode::unavailable);
    EXPECT_NE(installed.error().message.find("index template"), std::string::npos);
}

TEST_F(InstallationTest, RefusesSettingsThatCanNeverWork) {
    for (const std::vector<std::string>& urls :
         {std::vector<std::string>(), {"localhost:9200"}, {server_.url(), "ftp://x"}}) {
        settings_.urls = urls;
        const auto index = ElasticsearchIndex::open(settings_);
        ASSERT_FALSE(index);
        EXPECT_EQ(index.error().code, ErrorCode::invalid_input);
    }
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
