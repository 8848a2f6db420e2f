#include "document_index/embedded/search_text.h"

#include <gtest/gtest.h>

namespace tributary::document_index {
namespace {

TEST(MatchExpression, QuotesEveryWord) {
    EXPECT_EQ(match_expression("dried  pears\t30 "), R"("dried" "pears" "30")");
    EXPECT_EQ(match_expression("  a"), R"("a")");
}

TEST(MatchExpression, LeavesNothingThatIsSyntax) {
    EXPECT_EQ(match_expression("a AND b* -c NEAR(d) text:e ^f"),
              R"~("a" "AND" "b*" "-c" "NEAR(d)" "text:e" "^f")~");
    EXPECT_EQ(match_expression(R"(say "hi")"), R"("say" """hi""")");
    EXPECT_EQ(match_expression(std::string("a\0b", 3)), R"("a" "b")");
}

TEST(MatchExpression, IsEmptyWithoutWords) {
    EXPECT_EQ(match_expression(""), "");
    EXPECT_EQ(match_expression(" \t\n"), "");
}

}  // namespace
}  // namespace tributary::document_index
