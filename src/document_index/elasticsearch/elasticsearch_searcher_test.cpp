#include <gtest/gtest.h>

#include "document_index/elasticsearch/scripted_elasticsearch.h"

namespace tributary::document_index::elasticsearch {
namespace {

using namespace std::chrono_literals;

constexpr const char* kSort = R"([1780000000000,"orders-index","orders",0,7,"a"])";

std::string hit(const std::string& id) {
    return R"({"_index":"orders-index","_type":"_doc","_id":")" + id +
           R"(","_score":null,"_source":{"id": ")" + id + R"(","n":1e400},"sort":)" + kSort + "}";
}
std::string page_of(int total, const std::vector<std::string>& hits) {
    std::string body = R"({"took":1,"hits":{"total":{"value":)" + std::to_string(total) +
                       R"(,"relation":"eq"},"max_score":null,"hits":[)";
    for (std::size_t i = 0; i < hits.size(); ++i) body += (i == 0 ? "" : ",") + hits[i];
    return body + "]}}";
}

class ElasticsearchSearcherTest : public testing::Test {
protected:
    Searcher& searcher() {
        if (!searcher_) searcher_ = (*ElasticsearchIndex::open(settings_))->make_searcher();
        return *searcher_;
    }
    std::string last_search() {
        const auto requests = server_.requests("POST /orders-index/_search");
        return requests.empty() ? std::string() : requests.back().body;
    }
    static Query query(std::size_t size = 2) {
        Query query;
        query.indices = {"orders-index"};
        query.size = size;
        return query;
    }

    ScriptedElasticsearch server_;
    ElasticsearchSettings settings_ = server_.settings();
    std::unique_ptr<Searcher> searcher_;
};

TEST_F(ElasticsearchSearcherTest, KeepsDocumentsAsTheyAreStored) {
    server_.rule("POST /orders-index/_search", answer(200, page_of(1, {hit("a")})));
    const auto page = searcher().search(query());
    ASSERT_TRUE(page) << page.error().message;
    ASSERT_EQ(page->hits.size(), 1U);
    EXPECT_EQ(page->hits[0].index, "orders-index");
    EXPECT_EQ(page->hits[0].id, "a");
    EXPECT_EQ(page->hits[0].json, R"({"id": "a","n":1e400})");
}

TEST_F(ElasticsearchSearcherTest, SearchesForWordsAndNeverInQuerySyntax) {
    server_.rule("POST /orders-index/_search", answer(200, page_of(0, {})));
    auto words = query();
    words.text = R"(a OR "b* {)";
    ASSERT_TRUE(searcher().search(words));
    EXPECT_NE(last_search().find(R"({"match":{"text":{"query":"a OR \"b* {","operator":"and"}}})"),
              std::string::npos)
        << last_search();
}

TEST_F(ElasticsearchSearcherTest, GoesOnBehindTheLastHitOfAPage) {
    server_.rule("POST /orders-index/_search",
                 answer(200, page_of(9, {hit("a"), hit("b"), hit("c")})));
    auto next = query();
    next.cursor = searcher().search(query())->cursor;
    EXPECT_FALSE(next.cursor.empty());
    next.from = 1;
    const auto page = searcher().search(next);
    ASSERT_TRUE(page) << page.error().message;
    EXPECT_NE(last_search().find(std::string(R"("search_after":)") + kSort), std::string::npos)
        << last_search();
    // One was skipped, and no more came: the last page.
    ASSERT_EQ(page->hits.size(), 2U);
    EXPECT_EQ(page->hits[0].id, "b");
    EXPECT_TRUE(page->cursor.empty());
}

TEST_F(ElasticsearchSearcherTest, GivesACursorAtTheEndOfWhatCanBeSkipped) {
    auto last = query();
    last.from = 9'998;
    server_.rule("POST /orders-index/_search", answer(200, page_of(10'001, {hit("a"), hit("b")})));
    EXPECT_FALSE(searcher().search(last)->cursor.empty());
    EXPECT_NE(last_search().find(R"("from":9998,"size":2)"), std::string::npos) << last_search();
    server_.rule("POST /orders-index/_search", answer(200, page_of(10'000, {hit("a"), hit("b")})));
    EXPECT_TRUE(searcher().search(last)->cursor.empty());
}

TEST_F(ElasticsearchSearcherTest, BlamesTheCallerForItsQueryAndTheServerForTheRest) {
    const std::pair<int, ErrorCode> rows[] = {
        {400, ErrorCode::invalid_input}, {401, ErrorCode::unavailable},
        {403, ErrorCode::unavailable},   {429, ErrorCode::unavailable},
        {500, ErrorCode::unavailable},   {503, ErrorCode::unavailable}};
    for (const auto& [status, code] : rows) {
        server_.rule("", answer(status));
        EXPECT_EQ(searcher().search(query()).error().code, code) << status;
        EXPECT_EQ(searcher().count_by_partition("i", "t", {{0, 1}}).error().code, code) << status;
        EXPECT_EQ(searcher().get("i", "a").error().code, code) << status;
    }
    server_.rule("", answer(404));
    EXPECT_EQ(searcher().get("i", "a").error().code, ErrorCode::not_found);
    server_.rule("", answer(500, R"({"error":{"caused_by":{"type":"too_many_clauses"}}})"));
    EXPECT_EQ(searcher().search(query()).error().code, ErrorCode::invalid_input);
}

TEST_F(ElasticsearchSearcherTest, BelievesNoAnswerThatIsNotElasticsearchs) {
    for (const std::string body :
         {"", "<html>", "[]", R"({"hits":{}})", R"({"hits":{"total":{"value":1},"hits":[{)"}) {
        server_.rule("", answer(200, body));
        EXPECT_EQ(searcher().search(query()).error().code, ErrorCode::unavailable) << body;
    }
    server_.rule("", answer(200, "<html>"));
    EXPECT_EQ(searcher().get("i", "a").error().code, ErrorCode::unavailable);
    EXPECT_EQ(searcher().count_by_partition("i", "t", {{0, 1}}).error().code,
              ErrorCode::unavailable);
}

TEST_F(ElasticsearchSearcherTest, SaysWhichEngineInWhichVersionItIs) {
    server_.rule("GET /", answer(200, R"({"version":{"number":"8.19.21"}})"));
    EXPECT_EQ(searcher().engine(), "Elasticsearch 8.19.21");
    server_.rule("GET /",
                 answer(200, R"({"version":{"distribution":"opensearch","number":"2.19.0"}})"));
    EXPECT_EQ(searcher().engine(), "OpenSearch 2.19.0");
    for (const auto& silent : {answer(403), answer(200, "<html>"), answer(200, "{}")}) {
        server_.rule("GET /", silent);
        EXPECT_EQ(searcher().engine().error().code, ErrorCode::unavailable);
    }
}

TEST_F(ElasticsearchSearcherTest, IsUnavailableWhereNobodyAnswersInTime) {
    settings_.search_deadline = 50ms;
    std::mutex mutex;
    std::vector<http::Responder> waiting;
    server_.hold("POST /orders-index/_search", [&](http::Responder responder) {
        const std::scoped_lock lock(mutex);
        waiting.push_back(std::move(responder));
    });
    EXPECT_EQ(searcher().search(query()).error().code, ErrorCode::unavailable);
    const std::scoped_lock lock(mutex);
    waiting.clear();
}

TEST_F(ElasticsearchSearcherTest, CountsWhatWasWrittenAMomentAgo) {
    const std::string none = R"({"aggregations":{"partitions":{"buckets":[]}}})";
    server_.rule("POST /orders-index/_search", answer(200, none));
    for (const int status : {200, 403}) {
        server_.rule("POST /orders-index/_refresh", answer(status));
        EXPECT_TRUE(searcher().count_by_partition("orders-index", "orders", {{0, 1}})) << status;
    }
    EXPECT_EQ(server_.requests("POST /orders-index/_refresh").size(), 2U);
}

TEST_F(ElasticsearchSearcherTest, CountsManyPartitionsInSeveralRequests) {
    server_.rule("POST /orders-index/_search",
                 answer(200, R"({"aggregations":{"partitions":{"buckets":[)"
                             R"({"key":3,"doc_count":2},{"key":600,"doc_count":5}]}}})"));
    std::map<std::int32_t, std::int64_t> bounds;
    for (int i = 0; i < 501; ++i) bounds[i] = 10;
    const auto counts = searcher().count_by_partition("orders-index", "orders", bounds);
    ASSERT_TRUE(counts) << counts.error().message;
    EXPECT_EQ(counts->at(3), 4U);
    EXPECT_EQ(server_.requests("POST /orders-index/_search").size(), 2U);
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
