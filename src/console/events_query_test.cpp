#include "console/events_query.h"

#include <gtest/gtest.h>

namespace tributary::console {
namespace {

Result<document_index::Query> parse(const std::string& query) {
    http::Request request;
    request.method = "GET";
    request.target = "/api/events?" + query;
    return parse_events_query(request, event::Catalog::built_in());
}

TEST(EventsQuery, WithoutParametersAsksForTheNewestOfEveryType) {
    const auto query = parse("");
    ASSERT_TRUE(query.has_value());
    EXPECT_EQ(query->indices,
              (std::vector<std::string>{"products-index", "orders-index", "suppliers-index"}));
    EXPECT_EQ(query->size, 20U);
}

TEST(EventsQuery, ReadsEveryParameter) {
    const auto query = parse(
        "type=order&q=red+shoes&id=a%201&after=2026-11-23T06:00:00Z&before=2026-11-24T06:00:00Z"
        "&from=10&size=5&cursor=e1.2.3");
    ASSERT_TRUE(query.has_value()) << query.error().message;
    EXPECT_EQ(query->indices, std::vector<std::string>{"orders-index"});
    EXPECT_EQ(query->text, "red shoes");
    EXPECT_EQ(query->id, "a 1");
    EXPECT_LT(*query->after, *query->before);
    EXPECT_EQ(query->from, 10U);
    EXPECT_EQ(query->size, 5U);
    EXPECT_EQ(query->cursor, "e1.2.3");
}

TEST(EventsQuery, FindsDeadLettersByTheirOwnType) {
    EXPECT_EQ(parse("type=dead-letter")->indices, std::vector<std::string>{"dead-letters-index"});
}

TEST(EventsQuery, SaysWhatIsAllowed) {
    const std::pair<const char*, const char*> kTable[] = {
        {"type=invoice", "product, order, supplier, or dead-letter"},
        {"size=-1", "size: \"-1\" is not a whole number"},
        {"from=1x", "from: \"1x\""},
        {"after=yesterday", "after: \"yesterday\" is not an RFC 3339"},
        {"limit=3", "There is no parameter \"limit\""}};
    for (const auto& [query, words] : kTable) {
        const auto parsed = parse(query);
        ASSERT_FALSE(parsed.has_value()) << query;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input);
        EXPECT_NE(parsed.error().message.find(words), std::string::npos) << parsed.error().message;
    }
}

TEST(EventsQuery, WritesDocumentsAsTheyAre) {
    document_index::Page page;
    page.total = 7;
    page.hits = {{"i", "1", R"({"a":1})"}, {"i", "2", R"({"b":2})"}};
    EXPECT_EQ(events_json(page), R"({"total":7,"events":[{"a":1},{"b":2}]})");
    page.cursor = "e1.2.3";
    EXPECT_EQ(events_json(page), R"({"total":7,"events":[{"a":1},{"b":2}],"cursor":"e1.2.3"})");
}

}  // namespace
}  // namespace tributary::console
