#include "document_index/embedded/cursor.h"

#include <gtest/gtest.h>
#include <limits>

namespace tributary::document_index {
namespace {

TEST(Cursor, ComesBackAsItWas) {
    for (const auto row :
         {std::int64_t{0}, std::int64_t{17}, std::numeric_limits<std::int64_t>::max()}) {
        const auto parsed = parse_cursor(to_string(Cursor{row, 3}));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->row, row);
        EXPECT_EQ(parsed->index_number, 3);
    }
}

TEST(Cursor, RefusesWhatItDidNotMake) {
    for (const std::string_view text :
         {"", "e1", "e1.", "e1.1", "e1.1.", "e1..1", "e1.-1.1", "e1.1.-1", "e1.1.1.1", "e1.1.1 ",
          "e1.x.1", "e2.1.1", "e1.8000000000000000.1"}) {
        const auto parsed = parse_cursor(text);
        ASSERT_FALSE(parsed) << text;
        EXPECT_EQ(parsed.error().code, ErrorCode::invalid_input);
    }
}

}  // namespace
}  // namespace tributary::document_index
