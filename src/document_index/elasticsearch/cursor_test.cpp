#include "document_index/elasticsearch/cursor.h"

#include <gtest/gtest.h>

namespace tributary::document_index::elasticsearch {
namespace {

TEST(ElasticsearchCursor, LeadsBackToTheSortValues) {
    const std::string values = R"([1795413600123,"orders-index","orders",1,-5,"ä\"/"])";
    const auto cursor = cursor_of(values);
    EXPECT_EQ(cursor.find_first_not_of("es0123456789abcdef."), std::string::npos) << cursor;
    EXPECT_EQ(sort_values_of(cursor), values);
}

TEST(ElasticsearchCursor, RefusesWhatItDidNotMake) {
    const std::string foreign[] = {"",
                                   "x",
                                   "es1.",
                                   "es1.5",
                                   "es1.zz",
                                   "es2." + cursor_of("[1,2,3,4,5,6]").substr(4),
                                   cursor_of("[1,2,3,4,5]"),
                                   cursor_of(R"([1,2,3,4,5,{"script":"x"}])"),
                                   cursor_of("[1,2,3,4,5,6],"),
                                   cursor_of("{}"),
                                   std::string(100'000, 'e')};
    for (const std::string& cursor : foreign) {
        const auto values = sort_values_of(cursor);
        ASSERT_FALSE(values) << cursor;
        EXPECT_EQ(values.error().code, ErrorCode::invalid_input);
    }
}

}  // namespace
}  // namespace tributary::document_index::elasticsearch
