#include "document_index/elasticsearch/elasticsearch_upkeep.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"
#include "document_index/elasticsearch/scripted_elasticsearch.h"

namespace tributary::document_index::elasticsearch {
namespace {

using http::testing::has;
using std::chrono::sys_days;

constexpr const char* kLogTemplateTarget = "/_index_template/tributary-logs";
constexpr const char* kLogTemplateJson =
    R"({"version":2,"template":{"mappings":{"properties":{"labels":{"type":"flattened"}}}}})";

class UpkeepTest : public testing::Test {
protected:
    ElasticsearchUpkeep& upkeep() {
        if (!upkeep_) upkeep_ = *ElasticsearchUpkeep::open(server_.settings());
        return *upkeep_;
    }
    static std::string hits(int count) {
        std::string body =
            R"({"hits":{"total":{"value":)" + std::to_string(count) + R"(},"hits":[)";
        for (int i = 0; i < count; ++i) {
            body += (i == 0 ? "" : ",") + std::string(R"({"_index":"orders-index","_id":"a)") +
                    std::to_string(i) + R"(","_seq_no":7,"_primary_term":1})";
        }
        return body + "]}}";
    }
    static std::string deleted(const std::vector<int>& statuses) {
        std::string body = R"({"items":[)";
        for (std::size_t i = 0; i < statuses.size(); ++i) {
            body += (i == 0 ? "" : ",") + std::string(R"({"delete":{"status":)") +
                    std::to_string(statuses[i]) + "}}";
        }
        return body + "]}";
    }
    /// Searches find so many documents, one search after another, and then none.
    void find_in_turn(std::vector<int> counts) {
        server_.rule(kSearch, [counts, turn = std::size_t{0}](const auto&) mutable {
            return answer(200, hits(turn < counts.size() ? counts[turn++] : 0));
        });
    }

    static constexpr const char* kSearch = "POST /orders-index/_search";
    ScriptedElasticsearch server_;
    const ExpiredDocuments old_{"orders-index", *parse_rfc3339("2026-08-25T00:00:00Z"), {}};

private:
    std::unique_ptr<ElasticsearchUpkeep> upkeep_;
};

TEST_F(UpkeepTest, NamesTheDailyIndicesThatAreOldAndNoOthers) {
    server_.rule("GET /tributary-logs-*/_alias",
                 answer(200, R"({"tributary-logs-2026.11.10":{},"tributary-logs-2026.11.09":{},)"
                             R"("tributary-logs-2026.11.11":{},"tributary-logs-2026.12.01":{},)"
                             R"("tributary-logs-2026.11.09-old":{},"tributary-logs-2026.13.01":{},)"
                             R"("tributary-logs-2026.2.001":{},"tributary-logs-":{},"x":{},)"
                             R"("precious-logs-2020.01.01":{}})"));
    const auto found = upkeep().daily_indices(
        "tributary-logs-", sys_days(std::chrono::year(2026) / std::chrono::November / 11));
    ASSERT_TRUE(found) << found.error().message;
    EXPECT_EQ(*found,
              (std::vector<std::string>{"tributary-logs-2026.11.09", "tributary-logs-2026.11.10"}));
}

TEST_F(UpkeepTest, AnIndexThatIsGoneBeforeIsDeletedAsWell) {
    EXPECT_TRUE(upkeep().delete_index("tributary-logs-2026.11.09"));
    EXPECT_EQ(server_.requests("DELETE /tributary-logs-2026.11.09").size(), 1U);
    server_.rule("DELETE /", answer(404));
    EXPECT_TRUE(upkeep().delete_index("tributary-logs-2026.11.09"));
    server_.rule("DELETE /", answer(403, R"({"error":{"type":"security_exception"}})"));
    const auto refused = upkeep().delete_index("tributary-logs-2026.11.09");
    ASSERT_FALSE(refused);
    EXPECT_TRUE(has(refused.error().message, "403")) << refused.error().message;
}

TEST_F(UpkeepTest, DeletesPageAfterPageWhatItFindsAndOnlyAsItWasFound) {
    find_in_turn({2, 1});
    server_.rule("POST /_bulk", [](const http::Request& request) {
        return answer(200,
                      deleted(has(request.body, "a1") ? std::vector{200, 404} : std::vector{200}));
    });
    const auto removed = upkeep().remove(old_);
    ASSERT_TRUE(removed) << removed.error().message;
    EXPECT_EQ(*removed, 2U);
    EXPECT_EQ(server_.requests("POST /_bulk?refresh=true")[1].body,
              R"({"delete":{"_index":"orders-index","_id":"a0","if_seq_no":7,)"
              R"("if_primary_term":1}})"
              "\n");
    const std::string query = server_.requests(kSearch)[0].body;
    EXPECT_TRUE(has(query, R"({"pipeline.indexed_at":{"lt":"2026-08-25T00:00:00.000Z"}})"))
        << query;
    EXPECT_FALSE(has(query, "state"));
}

TEST_F(UpkeepTest, LooksForCertainStatesOnly) {
    ExpiredDocuments letters = old_;
    letters.states = {"redriven", "dropped"};
    find_in_turn({});
    EXPECT_EQ(*upkeep().remove(letters), 0U);
    EXPECT_TRUE(
        has(server_.requests(kSearch)[0].body, R"({"terms":{"state":["redriven","dropped"]}})"));
    EXPECT_TRUE(server_.requests("POST /_bulk").empty());
}

TEST_F(UpkeepTest, WhatSomebodyChangedMeanwhileIsLookedAtAgain) {
    find_in_turn({2, 1});
    server_.rule("POST /_bulk", [](const http::Request& request) {
        return answer(200,
                      deleted(has(request.body, "a1") ? std::vector{200, 409} : std::vector{200}));
    });
    EXPECT_EQ(*upkeep().remove(old_), 2U);
}

TEST_F(UpkeepTest, GivesUpWhereNothingCanBeDeleted) {
    find_in_turn({1, 1, 1});
    server_.rule("POST /_bulk", answer(200, deleted({403})));
    const auto removed = upkeep().remove(old_);
    ASSERT_FALSE(removed);
    EXPECT_TRUE(has(removed.error().message, "403")) << removed.error().message;
    EXPECT_EQ(server_.requests("POST /_bulk").size(), 1U);
}

TEST_F(UpkeepTest, CountsWithoutDeleting) {
    find_in_turn({3});
    EXPECT_EQ(*upkeep().count(old_), 3U);
    EXPECT_TRUE(server_.requests("POST /_bulk").empty());
}

TEST_F(UpkeepTest, InstallsATemplateThatIsAbsentOrNotNewer) {
    for (const char* version : {"0", "1", "2"}) {
        server_.rule(
            std::string("GET ") + kLogTemplateTarget,
            answer(200, std::string(R"({"index_templates":[{"index_template":{"version":)") +
                            version + "}}]}"));
        EXPECT_TRUE(upkeep().install_template("tributary-logs", kLogTemplateJson));
    }
    EXPECT_EQ(server_.requests(std::string("PUT ") + kLogTemplateTarget).size(), 3U);
}

TEST_F(UpkeepTest, RefusesATemplateOfANewerVersion) {
    server_.rule(std::string("GET ") + kLogTemplateTarget,
                 answer(200, R"({"index_templates":[{"index_template":{"version":3}}]})"));
    const auto installed = upkeep().install_template("tributary-logs", kLogTemplateJson);
    ASSERT_FALSE(installed);
    EXPECT_EQ(installed.error().code, ErrorCode::invalid_input);
    EXPECT_TRUE(server_.requests("PUT").empty());
    EXPECT_FALSE(upkeep().install_template("tributary-logs", R"({"template":{}})"));
}

TEST_F(UpkeepTest, UnmapsFlattenedFieldsWhereTheServerDoesNotKnowThem) {
    server_.rule(std::string("PUT ") + kLogTemplateTarget, [](const http::Request& request) {
        return has(request.body, "flattened")
                   ? answer(400, R"({"error":{"type":"mapper_parsing_exception",)"
                                 R"("reason":"No handler for type [flattened]"}})")
                   : answer(200);
    });
    ASSERT_TRUE(upkeep().install_template("tributary-logs", kLogTemplateJson));
    const auto puts = server_.requests(std::string("PUT ") + kLogTemplateTarget);
    ASSERT_EQ(puts.size(), 2U);
    EXPECT_TRUE(has(puts[1].body, R"("labels":{"type":"object","enabled":false})")) << puts[1].body;
}

TEST_F(UpkeepTest, LeavesOutOfATemplateWhatAnOldServerDoesNotKnow) {
    server_.rule(std::string("PUT ") + kLogTemplateTarget, [](const http::Request& request) {
        if (has(request.body, "allow_auto_create")) {
            return answer(400, R"({"error":{"reason":"unknown field [allow_auto_create]"}})");
        }
        return has(request.body, "flattened")
                   ? answer(400, R"({"error":{"reason":"No handler for type [flattened]"}})")
                   : answer(200);
    });
    std::string json = kLogTemplateJson;
    json.insert(1, R"("allow_auto_create":true,)");
    ASSERT_TRUE(upkeep().install_template("tributary-logs", json));
    const auto puts = server_.requests(std::string("PUT ") + kLogTemplateTarget);
    ASSERT_EQ(puts.size(), 3U);
    EXPECT_TRUE(has(puts[2].body, R"("enabled":false)")) << puts[2].body;
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
