#include "console/console.h"

#include <gtest/gtest.h>

#include "console/console_fixture.h"

namespace tributary::console {
namespace {

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
         {R"("name":"order")", R"({"name":"total","kind":"number"})", R"("takes_files":false)"}) {
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
