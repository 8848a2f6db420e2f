#include "document_index/embedded/row_id.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tributary::document_index {
namespace {

Timestamp at(const char* time) {
    return *parse_rfc3339(time);
}

TEST(RowId, LaterTimesHaveLaterRows) {
    const auto time = at("2026-11-23T06:00:00.123Z");
    const auto next = time + std::chrono::milliseconds(1);
    EXPECT_LT(first_row(time), end_of_rows(time));
    EXPECT_EQ(end_of_rows(time), first_row(next));
    EXPECT_EQ(rows_before(next), end_of_rows(time));
}

TEST(RowId, TimesOutOfRangeCountAsItsBounds) {
    EXPECT_EQ(first_row(at("1969-12-31T23:59:59.999Z")), 0);
    EXPECT_EQ(rows_before(at("1969-12-31T23:59:59.999Z")), 0);
    EXPECT_GT(first_row(at("9999-12-31T23:59:59.999Z")), first_row(at("2109-01-01T00:00:00Z")));
    EXPECT_EQ(end_of_rows(at("9999-12-31T23:59:59.999Z")), kEndOfRows);
    EXPECT_EQ(rows_before(at("9999-12-31T23:59:59.999Z")), kEndOfRows);
}

}  // namespace
}  // namespace tributary::document_index
