#include <gtest/gtest.h>

#include "document_index/contract/fixture.h"
#include "document_index/elasticsearch/scripted_elasticsearch.h"
#include "http/scripted_peer.h"

namespace tributary::document_index::elasticsearch {
namespace {

using namespace std::chrono_literals;
using http::testing::eventually;
using http::testing::ScriptedPeer;

Document order(const std::string& id, const std::string& json = R"({"data":{}})") {
    return {Document::Operation::create, "orders-index", id, json};
}

std::vector<Document> orders(int count) {
    std::vector<Document> documents;
    for (int i = 0; i < count; ++i) documents.push_back(order("o" + std::to_string(i)));
    return documents;
}

class ElasticsearchWriterTest : public testing::Test {
protected:
    Writer& writer() {
        if (!writer_) writer_ = (*ElasticsearchIndex::open(settings_))->make_writer();
        return *writer_;
    }
    std::vector<WriteOutcome> write(std::vector<Document> documents) {
        auto outcomes = write_and_wait(writer(), std::move(documents));
        EXPECT_TRUE(outcomes) << outcomes.error().message;
        return outcomes ? std::move(*outcomes) : std::vector<WriteOutcome>();
    }
    /// Waits for the answer to what a new writer asks by itself.
    bool is_asked() {
        return eventually([&] {
            const auto ready = writer().ready();
            return ready || ready.error().message.find("not asked yet") == std::string::npos;
        });
    }
    Error failure_of(std::vector<Document> documents) {
        auto outcomes = write_and_wait(writer(), std::move(documents));
        EXPECT_FALSE(outcomes);
        return outcomes ? Error(ErrorCode::internal, "") : outcomes.error();
    }

    ScriptedElasticsearch server_;
    ElasticsearchSettings settings_ = server_.settings();
    std::unique_ptr<Writer> writer_;
};

TEST_F(ElasticsearchWriterTest, SendsOneLineForTheActionAndOneForTheDocument) {
    write({order("a", R"({"n":1})"),
           {Document::Operation::put, "dead-letters-index", "ä\"\n", "{}"}});
    ASSERT_EQ(server_.requests("POST /_bulk").size(), 1U);
    const auto request = server_.requests("POST /_bulk")[0];
    EXPECT_EQ(request.headers.get("Content-Type"), "application/x-ndjson");
    EXPECT_EQ(request.body,
              "{\"create\":{\"_index\":\"orders-index\",\"_id\":\"a\"}}\n{\"n\":1}\n"
              "{\"index\":{\"_index\":\"dead-letters-index\",\"_id\":\"ä\\\"\\n\"}}\n{}\n");
}

TEST_F(ElasticsearchWriterTest, GivesEveryDocumentTheOutcomeOfItsItem) {
    server_.rule("POST /_bulk",
                 answer(200, bulk_answer({item(201), item(400, "document_parsing_exception"),
                                          item(409, "version_conflict_engine_exception"),
                                          item(429, "es_rejected_execution_exception"),
                                          item(503, "unavailable_shards_exception"),
                                          item(409, "version_conflict_engine_exception")})));
    server_.rule(
        "POST /_mget",
        answer(200, R"({"docs":[{"_index":"orders-index","_id":"o2","found":true,"_source":)"
                    R"({"data":{"total": 4.50},"pipeline":{"digest":"d"},)"
                    R"("kafka":{"topic":"orders","partition":2,"offset":70}}},)"
                    R"({"_index":"orders-index","_id":"o5","found":false}]})"));
    const auto outcomes = write(orders(6));
    ASSERT_EQ(outcomes.size(), 6U);
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes[0]));
    EXPECT_EQ(std::get<Rejected>(outcomes[1]).status, 400);
    EXPECT_EQ(std::get<Rejected>(outcomes[1]).type, "document_parsing_exception");
    EXPECT_EQ(std::get<Rejected>(outcomes[1]).reason, "because");
    const auto& taken = std::get<AlreadyExists>(outcomes[2]);
    EXPECT_EQ(taken.digest, "d");
    EXPECT_EQ(taken.origin, (Origin{"orders", 2, 70}));
    EXPECT_EQ(taken.data, R"({"total": 4.50})");
    EXPECT_EQ(std::get<TryAgain>(outcomes[3]).status, 429);
    EXPECT_EQ(std::get<TryAgain>(outcomes[4]).status, 503);
    // Gone between the two requests: to be created again.
    EXPECT_EQ(std::get<TryAgain>(outcomes[5]).status, 409);
    ASSERT_EQ(server_.requests("POST /_mget").size(), 1U);
    EXPECT_EQ(server_.requests("POST /_mget")[0].body,
              R"({"docs":[{"_index":"orders-index","_id":"o2"},)"
              R"({"_index":"orders-index","_id":"o5"}]})");
}

TEST_F(ElasticsearchWriterTest, BlamesTheEnvironmentForTheWholeRequest) {
    const std::pair<int, const char*> items[] = {
        {404, "index_not_found_exception"}, {400, "index_closed_exception"},
        {403, "cluster_block_exception"},   {429, "cluster_block_exception"},
        {401, "security_exception"},        {403, "security_exception"},
        {400, "never_heard_of_it"}};
    for (const auto& [status, type] : items) {
        server_.rule("POST /_bulk", answer(200, bulk_answer({item(201), item(status, type)})));
        const auto failure = failure_of(orders(2));
        EXPECT_EQ(failure.code, ErrorCode::unavailable) << type;
        EXPECT_NE(failure.message.find(type), std::string::npos) << failure.message;
        EXPECT_EQ(writer().ready().error().message, failure.message);
    }
    server_.rule("POST /_bulk", answer(200, bulk_answer({item(201), item(201)})));
    write(orders(2));
    EXPECT_TRUE(writer().ready());
}

TEST_F(ElasticsearchWriterTest, TellsOverloadFromEverythingElseThatAWholeRequestIsRefusedFor) {
    const std::string denied = R"({"error":{"type":"security_exception","reason":"expired"}})";
    for (const int status : {400, 401, 403, 404, 405, 500, 501}) {
        server_.rule("POST /_bulk", answer(status, denied));
        const auto failure = failure_of(orders(1));
        EXPECT_EQ(failure.code, ErrorCode::unavailable) << status;
        EXPECT_NE(failure.message.find("security_exception: expired"), std::string::npos);
    }
    for (const int status : {408, 429, 502, 503, 504}) {
        server_.rule("POST /_bulk", answer(status, "no JSON"));
        EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::retry_later) << status;
    }
}

TEST_F(ElasticsearchWriterTest, BelievesNoAnswerThatIsNotElasticsearchs) {
    for (const std::string& body :
         {std::string(), std::string("<html>"), std::string("[]"), std::string(R"({"items":3})"),
          std::string(R"({"items":[3]})"), std::string(R"({"items":[{"create":{"status":"x"}}]})"),
          std::string(R"({"items":[{"create":{)"), std::string(R"({"errors":false})"),
          bulk_answer({}), bulk_answer({item(201), item(201)}), bulk_answer({"{}"}),
          bulk_answer({R"({"create":{}})"})}) {
        server_.rule("POST /_bulk", answer(200, body));
        EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable) << body;
    }
    const auto taken = bulk_answer({item(409, "version_conflict_engine_exception")});
    server_.rule("POST /_bulk", answer(200, taken));
    for (const std::string body : {"", "[]", R"({"docs":[]})", R"({"docs":[{"_source":{"data":)"}) {
        server_.rule("POST /_mget", answer(200, body));
        EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable) << body;
    }
}

TEST_F(ElasticsearchWriterTest, SplitsWhatIsTooLargeForOneRequest) {
    server_.rule("POST /_bulk", [](const http::Request& request) {
        const auto documents = std::ranges::count(request.body, '\n') / 2;
        if (documents > 2 || request.body.find("huge") != std::string::npos) return answer(413);
        return answer(200, bulk_answer(std::vector<std::string>(static_cast<std::size_t>(documents),
                                                                item(201))));
    });
    auto documents = orders(7);
    documents[4] = order("huge");
    const auto outcomes = write(std::move(documents));
    for (std::size_t i = 0; i < 7; ++i) {
        if (i == 4) {
            EXPECT_EQ(std::get<Rejected>(outcomes[i]).status, 413);
        } else {
            EXPECT_TRUE(std::holds_alternative<Created>(outcomes[i])) << i;
        }
    }
}

TEST_F(ElasticsearchWriterTest, RejectsWhatWouldSpoilItsNeighboursWithoutSendingIt) {
    const auto outcomes =
        write({order(""), order(std::string(513, 'i')),
               order("forged", "{}\n{\"create\":{\"_index\":\"x\",\"_id\":\"y\"}}\n{}"),
               order("return", "{\r}"), order("good")});
    for (const std::size_t i : {0U, 1U, 2U, 3U}) {
        EXPECT_TRUE(std::holds_alternative<Rejected>(outcomes[i])) << i;
    }
    EXPECT_TRUE(std::holds_alternative<Created>(outcomes[4]));
    EXPECT_EQ(server_.requests("POST /_bulk")[0].body,
              "{\"create\":{\"_index\":\"orders-index\",\"_id\":\"good\"}}\n{\"data\":{}}\n");
    EXPECT_EQ(write({order("")}).size(), 1U);
    EXPECT_EQ(server_.requests("POST /_bulk").size(), 1U);
}

TEST_F(ElasticsearchWriterTest, WritesToNoIndexThatNobodyNamed) {
    const auto failure = failure_of({{Document::Operation::create, "foreign", "a", "{}"}});
    EXPECT_EQ(failure.code, ErrorCode::unavailable);
    EXPECT_TRUE(server_.requests("POST /_bulk").empty());
}

TEST_F(ElasticsearchWriterTest, LeavesTheServerAloneForAsLongAsItAsks) {
    auto busy = answer(429);
    busy.headers.add("Retry-After", "20");
    server_.rule("POST /_bulk", busy);
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::retry_later);
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::retry_later);
    EXPECT_EQ(server_.requests("POST /_bulk").size(), 1U);
}

TEST_F(ElasticsearchWriterTest, GoesOnWhenTheTimeThatWasAskedForIsOver) {
    settings_.max_retry_after = 1ms;
    auto busy = answer(503);
    busy.headers.add("Retry-After", "3600");
    server_.rule("POST /_bulk", busy);
    failure_of(orders(1));
    EXPECT_TRUE(eventually([&] {
        write_and_wait(writer(), orders(1));
        return server_.requests("POST /_bulk").size() >= 2;
    }));
}

TEST_F(ElasticsearchWriterTest, InstallsBeforeItsFirstDocumentAndTriesAgainWhereThatFailed) {
    server_.rule("PUT /orders-index", answer(503));
    ASSERT_TRUE(is_asked());
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::retry_later);
    EXPECT_TRUE(server_.requests("POST /_bulk").empty());
    server_.rule("PUT /orders-index", answer(200));
    write(orders(1));
    write(orders(1));
    EXPECT_EQ(server_.requests("PUT /orders-index").size(), 3U) << "The writer's own, and two.";
}

TEST_F(ElasticsearchWriterTest, GoesToAnotherNodeWhereOneIsGoneOrUnwell) {
    std::string nobody;
    {
        const ScriptedElasticsearch gone;
        nobody = gone.url();
    }
    settings_.urls = {nobody, server_.url()};
    write(orders(1));

    ScriptedElasticsearch unwell;
    unwell.rule("", answer(503));
    settings_.urls = {unwell.url(), server_.url()};
    writer_.reset();
    // The writer's own question goes to the one that is unwell.
    ASSERT_TRUE(is_asked());
    EXPECT_EQ(writer().ready().error().code, ErrorCode::retry_later);
    write(orders(1));
}

TEST_F(ElasticsearchWriterTest, IsUnavailableWhereNobodyAnswers) {
    {
        const ScriptedElasticsearch gone;
        settings_.urls = {gone.url(), gone.url()};
    }
    const auto failure = failure_of(orders(1));
    EXPECT_EQ(failure.code, ErrorCode::unavailable);
    EXPECT_EQ(writer().ready().error().message, failure.message);
}

TEST_F(ElasticsearchWriterTest, ShowsItsKeyOrItsPassword) {
    settings_.user = "elastic";
    settings_.password = "open sesame";
    write(orders(1));
    EXPECT_EQ(server_.requests("POST /_bulk")[0].headers.get("Authorization"),
              "Basic ZWxhc3RpYzpvcGVuIHNlc2FtZQ==");
    settings_.api_key = "a2V5";
    writer_.reset();
    write(orders(1));
    EXPECT_EQ(server_.requests("POST /_bulk")[1].headers.get("Authorization"), "ApiKey a2V5");
}

TEST_F(ElasticsearchWriterTest, CompressesWhereItIsAskedTo) {
    settings_.is_gzip = true;
    server_.rule("POST /_bulk", [](const http::Request& request) {
        // The server has decompressed it.
        EXPECT_EQ(std::ranges::count(request.body, '\n'), 2'000);
        return answer(200, bulk_answer(std::vector<std::string>(1'000, item(201))));
    });
    EXPECT_EQ(write(orders(1'000)).size(), 1'000U);
}

/// The answers to the installation of two indices, then `last`.
std::vector<ScriptedPeer::Turn> after_installation(std::vector<ScriptedPeer::Turn> last) {
    const std::string absent = "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}";
    const std::string done = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    std::vector<ScriptedPeer::Turn> turns;
    for (int i = 0; i < 4; ++i) {
        turns.push_back({.reply = absent});
        turns.push_back({.reply = done});
    }
    for (auto& turn : last) turns.push_back(std::move(turn));
    return turns;
}

std::string whole_answer(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

TEST_F(ElasticsearchWriterTest, IsUnavailableWhereAnAnswerBreaksOffOrDoesNotCome) {
    const auto whole = whole_answer(bulk_answer({item(201)}));
    const auto half = whole.substr(0, whole.size() - 20);
    const struct {
        const char* what;
        std::vector<ScriptedPeer::Turn> turns;
    } rows[] = {
        {"half an answer, cut", {{.reply = half, .then = ScriptedPeer::Then::close}}},
        {"half an answer, reset", {{.reply = half, .then = ScriptedPeer::Then::reset}}},
        {"half an answer, silence", {{.reply = half, .then = ScriptedPeer::Then::wait}}},
        {"silence", {{.reply = "", .then = ScriptedPeer::Then::wait}}},
        {"cut twice",
         {{.reply = "", .then = ScriptedPeer::Then::close},
          {.reply = "", .then = ScriptedPeer::Then::close}}},
        {"no HTTP", {{.reply = "garbage\r\n\r\n", .then = ScriptedPeer::Then::close}}},
    };
    for (const auto& [what, turns] : rows) {
        ScriptedPeer peer(after_installation(turns));
        settings_.urls = {"http://127.0.0.1:" + std::to_string(peer.port())};
        settings_.write_deadline = 500ms;
        writer_.reset();
        EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable) << what;
        writer_.reset();
    }
}

TEST_F(ElasticsearchWriterTest, SurvivesACutConnectionAndASlowAnswer) {
    const auto whole = whole_answer(bulk_answer({item(201)}));
    ScriptedPeer peer(after_installation(
        {{.reply = "", .then = ScriptedPeer::Then::close}, {.reply = whole, .is_slow = true}}));
    settings_.urls = {"http://127.0.0.1:" + std::to_string(peer.port())};
    EXPECT_TRUE(std::holds_alternative<Created>(write(orders(1)).at(0)));
    writer_.reset();
}

TEST_F(ElasticsearchWriterTest, AsksHowTheClusterIsWhileThereIsNothingToWrite) {
    settings_.probe_interval = 5ms;
    server_.rule("HEAD /orders-index,dead-letters-index", answer(404));
    const auto says = [&](const char* words) {
        const auto ready = writer().ready();
        return !ready && ready.error().message.find(words) != std::string::npos;
    };
    EXPECT_TRUE(eventually([&] { return says("index is missing"); }));
    server_.rule("HEAD /orders-index,dead-letters-index", answer(401));
    EXPECT_TRUE(eventually([&] { return says("API key"); }));
    server_.rule("HEAD /orders-index,dead-letters-index", answer(200));
    EXPECT_TRUE(eventually([&] { return writer().ready().has_value(); }));
}

TEST_F(ElasticsearchWriterTest, MakesAnewWhatWasLostInAnOutage) {
    write(orders(1));
    ASSERT_EQ(server_.requests("PUT /orders-index").size(), 1U);
    server_.rule("POST /_bulk", answer(200, bulk_answer({item(404, "index_not_found_exception")})));
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable);
    server_.rule("POST /_bulk", answer(200, bulk_answer({item(201)})));
    write(orders(1));
    EXPECT_EQ(server_.requests("PUT /_index_template/tributary-orders-index").size(), 2U);
    EXPECT_EQ(server_.requests("PUT /orders-index").size(), 2U);
}

TEST_F(ElasticsearchWriterTest, MakesAMissingIndexAlsoWhileThereIsNothingToWrite) {
    settings_.probe_interval = 5ms;
    EXPECT_TRUE(
        eventually([&] { return writer().ready() && !server_.requests("HEAD /").empty(); }));
    server_.rule("HEAD /orders-index,dead-letters-index", answer(404));
    const auto before = server_.requests("PUT /orders-index").size();
    EXPECT_TRUE(eventually([&] { return server_.requests("PUT /orders-index").size() > before; }));
}

TEST_F(ElasticsearchWriterTest, MakesNoIndexThatSomebodyDeleted) {
    write(orders(1));
    server_.rule("GET /_index_template/tributary-orders-index",
                 answer(200, R"({"index_templates":[{"index_template":{}}]})"));
    server_.rule("POST /_bulk", answer(200, bulk_answer({item(404, "index_not_found_exception")})));
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable);
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::unavailable);
    EXPECT_EQ(server_.requests("PUT /orders-index").size(), 1U);
}

TEST_F(ElasticsearchWriterTest, DoesNotInstallAgainForOverload) {
    write(orders(1));
    server_.rule("POST /_bulk", answer(429));
    EXPECT_EQ(failure_of(orders(1)).code, ErrorCode::retry_later);
    server_.rule("POST /_bulk", answer(200, bulk_answer({item(201)})));
    write(orders(1));
    EXPECT_EQ(server_.requests("PUT /orders-index").size(), 1U);
}

TEST_F(ElasticsearchWriterTest, IsReadyOnceTheClusterHasAnswered) {
    std::mutex mutex;
    std::vector<http::Responder> waiting;
    server_.hold("GET /", [&](http::Responder responder) {
        const std::scoped_lock lock(mutex);
        waiting.push_back(std::move(responder));
    });
    const auto before = writer().ready();
    ASSERT_FALSE(before);
    EXPECT_NE(before.error().message.find("not asked yet"), std::string::npos);
    server_.hold("none", [](http::Responder) {});
    // Without anything to write.
    EXPECT_TRUE(eventually([&] {
        const std::scoped_lock lock(mutex);
        for (auto& responder : waiting) responder.send(answer(404));
        waiting.clear();
        return writer().ready().has_value();
    }));
}

TEST_F(ElasticsearchWriterTest, HasSeveralRequestsUnderWay) {
    settings_.max_in_flight = 3;
    std::mutex mutex;
    std::vector<http::Responder> waiting;
    server_.hold("POST /_bulk", [&](http::Responder responder) {
        const std::scoped_lock lock(mutex);
        waiting.push_back(std::move(responder));
    });
    std::atomic<int> answered = 0;
    for (int i = 0; i < 3; ++i) {
        writer().write(orders(1),
                       [&](const Writer::Outcomes& outcomes) { answered += outcomes ? 1 : 0; });
    }
    EXPECT_TRUE(eventually([&] {
        const std::scoped_lock lock(mutex);
        return waiting.size() == 3;
    }));
    for (auto& responder : waiting) responder.send(answer(200, bulk_answer({item(201)})));
    EXPECT_TRUE(eventually([&] { return answered == 3; }));
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
