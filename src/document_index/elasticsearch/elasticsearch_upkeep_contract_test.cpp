#include <boost/json.hpp>
#include <cstdlib>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/rfc3339.h"
#include "document_index/elasticsearch/elasticsearch_upkeep.h"
#include "http/client.h"

/// Upkeep on a real server: TRIBUTARY_TEST_ELASTICSEARCH=http://127.0.0.1:9200 names it. Everything
/// made here has a name of its own.
namespace tributary::document_index {
namespace {

class UpkeepContract : public testing::Test {
protected:
    void SetUp() override {
        const char* url = std::getenv("TRIBUTARY_TEST_ELASTICSEARCH");
        if (url == nullptr)
            GTEST_SKIP() << "Set TRIBUTARY_TEST_ELASTICSEARCH to a server's address.";
        client_ = std::make_unique<http::Client>(*http::Url::parse(url));
        ElasticsearchSettings settings;
        settings.urls = {url};
        upkeep = *ElasticsearchUpkeep::open(std::move(settings));
    }
    void TearDown() override {
        if (!client_) return;
        for (const std::string& index : made_) send("DELETE", "/" + index);
        send("DELETE", "/_index_template/" + prefix + "logs");
    }

    std::string send(std::string method, std::string target, std::string body = {}) {
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        request.headers.add("Content-Type", "application/json");
        const auto response = client_->send(std::move(request), std::chrono::seconds(60));
        EXPECT_TRUE(response) << response.error().message;
        return response ? response->body : "";
    }
    void make(const std::string& index) {
        send(
            "PUT", "/" + index,
            R"({"mappings":{"properties":{"pipeline":{"properties":{"indexed_at":{"type":"date"}}},)"
            R"("state":{"type":"keyword"}}}})");
        made_.push_back(index);
    }
    void put(const std::string& index, const std::string& id, const std::string& at,
             const std::string& state) {
        send("PUT", fmt::format("/{}/_doc/{}?refresh=true", index, id),
             fmt::format(R"({{"pipeline":{{"indexed_at":"{}"}},"state":"{}"}})", at, state));
    }
    std::string ids_of(const std::string& index) {
        const auto found = boost::json::parse(
            send("POST", "/" + index + "/_search", R"({"sort":["pipeline.indexed_at"]})"));
        std::string ids;
        for (const auto& hit : found.at_pointer("/hits/hits").as_array()) {
            ids += std::string(hit.at("_id").as_string()) + " ";
        }
        return ids;
    }

    const std::string prefix = fmt::format("upkeep-{}-", ::getpid());
    const Timestamp limit = *parse_rfc3339("2026-08-25T00:00:00Z");
    std::unique_ptr<ElasticsearchUpkeep> upkeep;

private:
    std::unique_ptr<http::Client> client_;
    std::vector<std::string> made_;
};

TEST_F(UpkeepContract, DeletesTheDocumentsThatAreOldAndInTheirState) {
    const std::string index = prefix + "letters";
    make(index);
    put(index, "old-open", "2026-08-24T23:59:59.998Z", "open");
    put(index, "old-dropped", "2026-08-24T23:59:59.999Z", "dropped");
    put(index, "new-dropped", "2026-08-25T00:00:00.000Z", "dropped");
    const ExpiredDocuments dropped{index, limit, {"redriven", "dropped"}};
    EXPECT_EQ(*upkeep->count(dropped), 1U);
    EXPECT_EQ(ids_of(index), "old-open old-dropped new-dropped ");
    EXPECT_EQ(*upkeep->remove(dropped), 1U);
    EXPECT_EQ(ids_of(index), "old-open new-dropped ");
    EXPECT_EQ(*upkeep->remove({index, limit, {}}), 1U);
    EXPECT_EQ(*upkeep->remove({index, limit, {}}), 0U);
    EXPECT_EQ(ids_of(index), "new-dropped ");
}

TEST_F(UpkeepContract, DeletesMoreThanOnePage) {
    const std::string index = prefix + "many";
    make(index);
    std::string bulk;
    for (int i = 0; i < 4'500; ++i) {
        bulk += fmt::format("{{\"index\":{{\"_id\":\"{}\"}}}}\n", i);
        bulk += "{\"pipeline\":{\"indexed_at\":\"2026-01-01T00:00:00Z\"}}\n";
    }
    send("POST", "/" + index + "/_bulk?refresh=true", bulk);
    EXPECT_EQ(*upkeep->count({index, limit, {}}), 4'500U);
    EXPECT_EQ(*upkeep->remove({index, limit, {}}), 4'500U);
    EXPECT_EQ(ids_of(index), "");
}

TEST_F(UpkeepContract, AnIndexThatDoesNotExistHasNothingOld) {
    EXPECT_EQ(*upkeep->count({prefix + "nowhere", limit, {}}), 0U);
    EXPECT_EQ(*upkeep->remove({prefix + "nowhere", limit, {}}), 0U);
}

TEST_F(UpkeepContract, DeletesOldDailyIndices) {
    for (const char* day : {"2026.08.23", "2026.08.24", "2026.08.25", "2026.08.24-copy"}) {
        make(prefix + "logs-" + day);
    }
    const auto day = std::chrono::floor<std::chrono::days>(limit);
    const auto old = upkeep->daily_indices(prefix + "logs-", day);
    ASSERT_TRUE(old) << old.error().message;
    EXPECT_EQ(*old,
              (std::vector<std::string>{prefix + "logs-2026.08.23", prefix + "logs-2026.08.24"}));
    for (const std::string& index : *old) EXPECT_TRUE(upkeep->delete_index(index));
    EXPECT_TRUE(upkeep->daily_indices(prefix + "logs-", day)->empty());
    EXPECT_TRUE(upkeep->delete_index(old->front()));
    EXPECT_TRUE(upkeep->daily_indices(prefix + "never-", day)->empty());
}

TEST_F(UpkeepContract, ATemplateIsInstalledAndDecidesHowFieldsAreMapped) {
    const std::string json =
        R"({"version":1,"priority":600,"allow_auto_create":true,"index_patterns":[")" + prefix +
        R"(logs-*"],"template":{"mappings":{"dynamic":false,"properties":)" +
        R"({"message":{"type":"text"},"labels":{"type":"flattened"}}}}})";
    for (int i = 0; i < 2; ++i) {
        const auto installed = upkeep->install_template(prefix + "logs", json);
        ASSERT_TRUE(installed) << installed.error().message;
    }
    const std::string index = prefix + "logs-2026.08.25";
    send("POST", "/" + index + "/_doc?refresh=true", R"({"message":"a","other":"b"})");
    make(index);
    const std::string mapping = send("GET", "/" + index + "/_mapping");
    EXPECT_NE(mapping.find("\"message\""), std::string::npos) << mapping;
    EXPECT_EQ(mapping.find("\"other\""), std::string::npos) << mapping;
    auto newer = json;
    newer.replace(newer.find("1"), 1, "2");
    EXPECT_TRUE(upkeep->install_template(prefix + "logs", newer));
    EXPECT_FALSE(upkeep->install_template(prefix + "logs", json));
}

}  // namespace
}  // namespace tributary::document_index
