#include "ingest/callers.h"

#include <gtest/gtest.h>

namespace tributary::ingest {
namespace {

std::vector<Caller> parsed(std::string_view text) {
    auto callers = parse_callers(text, event::Catalog::built_in());
    EXPECT_TRUE(callers.has_value()) << callers.error().message;
    return callers.value_or(std::vector<Caller>{});
}

TEST(ParseCallers, ReadsEveryForm) {
    const auto callers = parsed("bare, shop=s3cret ,lab[order|product]=key");
    ASSERT_EQ(callers.size(), 3U);
    EXPECT_EQ(callers[0].name, "");
    EXPECT_EQ(callers[0].token, "bare");
    EXPECT_EQ(callers[0].source(), "/api");
    EXPECT_EQ(callers[1].name, "shop");
    EXPECT_EQ(callers[1].token, "s3cret");
    EXPECT_EQ(callers[1].source(), "/api/shop");
    EXPECT_TRUE(callers[1].types.empty());
    EXPECT_EQ(callers[2].name, "lab");
    EXPECT_EQ(callers[2].types, (std::vector<std::string>{"order", "product"}));
}

TEST(ParseCallers, ReadsNothingAsNobody) {
    EXPECT_TRUE(parsed("").empty());
    EXPECT_TRUE(parsed(" , ").empty());
}

TEST(ParseCallers, TakesPaddingOfBase64AsPartOfTheToken) {
    EXPECT_EQ(parsed("c2VjcmV0Cg==")[0].token, "c2VjcmV0Cg==");
    const auto named = parsed("shop=c2VjcmV0Cg==");
    EXPECT_EQ(named[0].name, "shop");
    EXPECT_EQ(named[0].token, "c2VjcmV0Cg==");
}

TEST(ParseCallers, RefusesWhatCannotBeMeantWithoutShowingTokens) {
    for (const char* text : {"a b=hidden", "=hidden", "a/b=hidden", "shop[order=hidden",
                             "shop[invoice]=hidden", "shop[]=hidden", "a=hidden,b=hidden"}) {
        const auto callers = parse_callers(text, event::Catalog::built_in());
        ASSERT_FALSE(callers.has_value()) << text;
        EXPECT_EQ(callers.error().code, ErrorCode::invalid_input);
        EXPECT_EQ(callers.error().message.find("hidden"), std::string::npos);
    }
}

TEST(Identify, FindsTheCallerByTheWholeTokenOnly) {
    const auto callers = parsed("shop=alpha,lab=beta");
    EXPECT_EQ(identify(callers, "Bearer alpha"), 0U);
    EXPECT_EQ(identify(callers, "bearer beta"), 1U);
    for (const char* wrong :
         {"", "Bearer", "Bearer ", "Bearer alph", "Bearer alphaa", "Basic alpha", "alpha",
          "Bearer ALPHA", "Bearer alpha beta", "Bearer alphaalpha"}) {
        EXPECT_FALSE(identify(callers, wrong).has_value()) << wrong;
    }
}

TEST(Caller, MaySendItsTypesOnly) {
    const event::Catalog catalog = event::Catalog::built_in();
    const auto callers = parsed("all=a,some[order]=b");
    EXPECT_TRUE(callers[0].may_send(*catalog.find("supplier")));
    EXPECT_TRUE(callers[1].may_send(*catalog.find("order")));
    EXPECT_FALSE(callers[1].may_send(*catalog.find("supplier")));
}

}  // namespace
}  // namespace tributary::ingest
