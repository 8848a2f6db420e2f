#include "ledger/counts.h"

#include <gtest/gtest.h>

namespace tributary::ledger {

TEST(Counts, SurviveTheirTravelAsMetadata) {
    const Counts counts{.base = 7, .indexed = 3, .duplicates = 2, .dead_lettered = 1, .missing = 4};
    EXPECT_EQ(encode(counts),
              R"({"v":1,"base":7,"indexed":3,"duplicates":2,"dead_lettered":1,"missing":4})");
    EXPECT_EQ(decode_counts(encode(counts)).value(), counts);
    EXPECT_EQ(counts.end(), 17);
}

TEST(Counts, MetadataOfSomebodyElseIsNotFoundWhereItIsEmpty) {
    EXPECT_EQ(decode_counts("").error().code, ErrorCode::not_found);
}

TEST(Counts, ANewerVersionIsRefusedWithASentence) {
    const auto newer = decode_counts(R"({"v":2,"everything":"else"})");
    EXPECT_EQ(newer.error().code, ErrorCode::invalid_input);
    EXPECT_NE(newer.error().message.find("version 2"), std::string::npos);
}

TEST(Counts, AnythingElseIsCorrupt) {
    for (const auto* metadata :
         {"x", "[]", "{}", R"({"v":"1"})", R"({"v":1})",
          R"({"v":1,"base":0,"indexed":-1,"duplicates":0,"dead_lettered":0,"missing":0})",
          R"({"v":1,"base":0,"indexed":1.5,"duplicates":0,"dead_lettered":0,"missing":0})"}) {
        EXPECT_EQ(decode_counts(metadata).error().code, ErrorCode::corrupt_data) << metadata;
    }
}

}  // namespace tributary::ledger
