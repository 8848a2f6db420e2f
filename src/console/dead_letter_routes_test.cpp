#include "console/dead_letter_routes.h"

#include <gtest/gtest.h>

#include "console/console_fixture.h"

namespace tributary::console {
namespace {

class DeadLetterRoutesTest : public ConsoleTest {};

bool has(const http::Response& response, std::string_view words) {
    return response.body.find(words) != std::string::npos;
}

TEST_F(DeadLetterRoutesTest, ListsAndShowsLetters) {
    append_letter(4);
    const auto list = get("/api/dead-letters?state=open&reason=mapping_conflict&size=5");
    EXPECT_EQ(list.status, 200);
    EXPECT_TRUE(has(list, R"({"total":1,"letters":[{"id":"orders-0-4","state":"open")"))
        << list.body;
    const auto letter = get("/api/dead-letters/orders-0-4");
    EXPECT_TRUE(has(letter, R"("value":"{\"total\":{\"eur\":1}}")")) << letter.body;
    EXPECT_EQ(get("/api/dead-letters/orders-0-5").status, 404);
}

TEST_F(DeadLetterRoutesTest, RedrivesByIdAndRemembersWho) {
    append_letter(4);
    append_letter(5);
    const auto report = post("/api/dead-letters/redrive", R"({"ids":["orders-0-4"],"by":"ann"})");
    EXPECT_EQ(report.status, 200) << report.body;
    EXPECT_TRUE(has(report, R"("done":1)")) << report.body;
    EXPECT_TRUE(has(get("/api/dead-letters/orders-0-4"), R"("by":"ann")"));
    EXPECT_TRUE(has(get("/api/dead-letters?state=open"), R"({"total":1,)"));
}

TEST_F(DeadLetterRoutesTest, DropsByFilterAndOnlySaysSoInADryRun) {
    append_letter(4);
    append_letter(5);
    const std::string filter = R"("filter":{"event_id":"e5"})";
    EXPECT_TRUE(has(post("/api/dead-letters/drop", "{" + filter + R"(,"dry_run":true})"),
                    R"("planned":1)"));
    EXPECT_TRUE(has(get("/api/dead-letters?state=open"), R"({"total":2,)"));
    EXPECT_TRUE(has(post("/api/dead-letters/drop", "{" + filter + "}"), R"("done":1)"));
    const auto letter = get("/api/dead-letters/orders-0-5");
    EXPECT_TRUE(has(letter, R"("state":"dropped")")) << letter.body;
    EXPECT_TRUE(has(letter, R"("by":"console at 127.0.0.1")")) << letter.body;
}

TEST_F(DeadLetterRoutesTest, SaysWhatIsAllowed) {
    const std::pair<const char*, const char*> kBodies[] = {
        {"", "A JSON object is expected"},
        {"[]", "A JSON object is expected"},
        {"{}", "Say which letters"},
        {R"({"ids":[]})", "a list of 1 to 10000"},
        {R"({"ids":[1]})", "each is a string"},
        {R"({"filter":{"colour":"red"}})", "There is no filter \\\"colour\\\""},
        {R"({"filter":{"topic":"invoices"}})", "There is no topic \\\"invoices\\\""},
        {R"({"filter":{},"force":1})", "\\\"force\\\" is not understood"}};
    for (const auto& [body, words] : kBodies) {
        const auto answer = post("/api/dead-letters/redrive", body);
        EXPECT_EQ(answer.status, 400) << body;
        EXPECT_TRUE(has(answer, words)) << answer.body;
    }
    EXPECT_EQ(post("/api/dead-letters/drop", R"({"filter":{},"force":true})").status, 400);
    EXPECT_EQ(get("/api/dead-letters?state=gone").status, 400);
    EXPECT_EQ(get("/api/dead-letters?size=9999").status, 400);
    EXPECT_EQ(get("/api/dead-letters?after=noon").status, 400);
    EXPECT_EQ(get("/api/dead-letters/redrive").status, 405);
    EXPECT_EQ(post("/api/dead-letters", "{}").status, 405);
}

}  // namespace
}  // namespace tributary::console
