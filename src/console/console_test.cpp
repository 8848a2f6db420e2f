#include "console/console.h"

#include <gtest/gtest.h>

#include "console/console_fixture.h"

namespace tributary::console {
namespace {

class AwayIndex final : public document_index::Searcher {
public:
    Result<document_index::Page> search(const document_index::Query&) override { return away(); }
    Result<document_index::Hit> get(const std::string&, const std::string&) override {
        return away();
    }
    Result<std::map<std::int32_t, std::uint64_t>> count_by_partition(
        const std::string&, const std::string&,
        const std::map<std::int32_t, std::int64_t>&) override {
        return away();
    }
    Result<std::string> engine() override { return away(); }

private:
    static std::unexpected<Error> away() {
        return fail(ErrorCode::unavailable, "The index is away.");
    }
};

/// The answer of /ready where these are the parts and all of them are needed.
class ConsoleReadiness : public ConsoleTest {
protected:
    http::Response ready_with(const std::vector<PartStatus>& parts,
                              document_index::Searcher& searcher) {
        ConsoleSettings settings;
        settings.needs_every_part = true;
        Console console(
            settings, catalog_, searcher, *inspector_, *letters_, [&] { return parts; }, clock_);
        const auto server = std::move(*http::Server::listen(loop_, {}, console));
        http::Request request;
        request.method = "GET";
        request.target = "/ready";
        http::Client client(
            *http::Url::parse("http://127.0.0.1:" + std::to_string(server->port())));
        auto response = client.send(std::move(request), kDeadline);
        server->drain(std::chrono::milliseconds(100));
        return response.value_or(http::Response());
    }
};

TEST_F(ConsoleReadiness, NeedsEveryPart) {
    const std::vector<PartStatus> parts{{"producer", "", true, "", ""},
                                        {"lambda_s3", "", true, "", ""}};
    EXPECT_EQ(ready_with(parts, *searcher_).status, 200);
    auto fewer = parts;
    fewer[1].is_ready = false;
    fewer[1].detail = "1 instances, 0 ready";
    const auto refused = ready_with(fewer, *searcher_);
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find("lambda_s3: 1 instances, 0 ready"), std::string::npos)
        << refused.body;
    EXPECT_EQ(refused.body.find("producer"), std::string::npos);
}

TEST_F(ConsoleReadiness, NeedsTheIndex) {
    EXPECT_EQ(get("/ready").status, 200);
    AwayIndex away;
    const auto refused = ready_with({}, away);
    EXPECT_EQ(refused.status, 503);
    EXPECT_NE(refused.body.find("The index is away."), std::string::npos) << refused.body;
}

TEST_F(ConsoleTest, FindsDocuments) {
    index_event(0);
    const auto found = get("/api/events?type=order");
    EXPECT_EQ(found.status, 200);
    EXPECT_EQ(found.body, R"({"total":1,"events":[)" + document(0) + "]}");
}

TEST_F(ConsoleTest, TellsTheWayOfAnIndexedEvent) {
    index_event(0);
    const auto way = get("/api/events/e1");
    EXPECT_EQ(way.status, 200);
    for (const char* words : {R"("state":"indexed")", R"("stage":"received")",
                              R"("stage":"published")", R"("offset":0)", R"("stage":"indexed")"}) {
        EXPECT_NE(way.body.find(words), std::string::npos) << words << " in " << way.body;
    }
}

TEST_F(ConsoleTest, FindsAnEventThatStillWaitsInTheLog) {
    append_event();
    const auto way = get("/api/events/e1");
    EXPECT_NE(way.body.find(R"("state":"in-flight")"), std::string::npos) << way.body;
    EXPECT_EQ(way.body.find(R"("state":"indexed")"), std::string::npos);
}

TEST_F(ConsoleTest, DoesNotCountAnEventTwiceThatIsIndexedButNotCommitted) {
    append_event();
    index_event(0);
    const auto way = get("/api/events/e1");
    EXPECT_EQ(way.body.find(R"("state":"in-flight")"), std::string::npos) << way.body;
}

TEST_F(ConsoleTest, AnUnknownIdHasNoMatches) {
    EXPECT_EQ(get("/api/events/nobody").body, R"({"id":"nobody","matches":[]})");
}

TEST_F(ConsoleTest, ShowsTheLedgerForPeopleAndMachines) {
    append_event();
    EXPECT_NE(get("/api/ledger").body.find("\"in_flight\":1"), std::string::npos);
    EXPECT_NE(get("/api/ledger?format=text").body.find("balanced"), std::string::npos);
}

TEST_F(ConsoleTest, ThePageHasTheStrictPolicyAndNothingInline) {
    const auto page = get("/");
    EXPECT_EQ(page.status, 200);
    const std::string policy(page.headers.get("Content-Security-Policy"));
    EXPECT_NE(policy.find("default-src 'none'; script-src 'self'"), std::string::npos) << policy;
    EXPECT_NE(page.body.find("<title>Tributary</title>"), std::string::npos);
    EXPECT_EQ(page.body.find("<style"), std::string::npos);
    EXPECT_EQ(page.body.find("<script>"), std::string::npos);
}

TEST_F(ConsoleTest, ThePageIsSentOnceAndCompressed) {
    if (!PageFiles().is_there()) GTEST_SKIP() << "Built without Node: there is no page.";
    http::Request request;
    request.method = "GET";
    request.target = "/console.js";
    request.headers.set("Accept-Encoding", "gzip");
    const auto first = send(request);
    EXPECT_EQ(first.status, 200);
    EXPECT_EQ(first.headers.get("Content-Encoding"), "gzip");
    EXPECT_LT(first.body.size(), get("/console.js").body.size() / 2);
    request.headers.set("If-None-Match", std::string(first.headers.get("ETag")));
    const auto second = send(request);
    EXPECT_EQ(second.status, 304);
    EXPECT_EQ(second.body, "");
}

TEST_F(ConsoleTest, TellsThePageWhatThereIs) {
    const auto about = get("/api/about");
    for (const char* words :
         {R"("name":"order")", R"({"name":"total","kind":"number"})", R"("takes_files":false)",
          R"("log":"Kafka at broker:9092")", R"("index":"embedded")"}) {
        EXPECT_NE(about.body.find(words), std::string::npos) << words << " in " << about.body;
    }
}

TEST_F(ConsoleTest, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_EQ(get("/api/events?size=x").status, 400);
    const auto refused = post("/api/events", "{}");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(refused.headers.get("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace tributary::console
