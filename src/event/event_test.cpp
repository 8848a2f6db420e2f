#include "event/event.h"

#include <gtest/gtest.h>
#include <set>

#include "base/uuid.h"

namespace tributary::event {
namespace {

TEST(DocumentId, IsTheEventIdForOurOwnSources) {
    for (const char* source : {"/api", "/api/shop", "s3://bucket/key"}) {
        EXPECT_EQ(document_id(source, "e"), "e") << source;
    }
}

TEST(DocumentId, DependsOnTheSourceElsewhere) {
    EXPECT_EQ(document_id("/shop", "e"), uuid_v5(std::string_view("/shop\0e", 7)));
    EXPECT_NE(document_id("/shop", "e"), document_id("/shop2", "e"));
    EXPECT_NE(document_id("/apis", "e"), "e");
}

TEST(Ids, AreFixedForEver) {
    EXPECT_EQ(batch_item_id("k", 3), batch_item_id("k", 3));
    EXPECT_EQ(batch_item_id("k", 3), uuid_v5(std::string_view("batch\0k\0003", 9)));
    EXPECT_EQ(file_item_id("b", "k", "v", 0), uuid_v5(std::string_view("file\0b\0k\0v\0000", 12)));
}

TEST(Ids, OfDifferentThingsDiffer) {
    const std::set<std::string> ids{
        file_item_id("b", "k", "v", 1),  file_item_id("bk", "", "v", 1),
        file_item_id("b", "k", "v1", 1), file_item_id("b", "k", "v", 11),
        batch_item_id("k", 1),           batch_item_id("k1", 1),
        document_id("k", "1"),           document_id("batch", "k"),
    };
    EXPECT_EQ(ids.size(), 8U);
}

TEST(ContentDigest, IsSha256OverTypeAndData) {
    ContentDigest digest;
    EXPECT_EQ(digest.of("order", R"({"id":1})"),
              "e532b60cf781286f7d456fc8fdfe47c47c65abb681bd7ebb50da2bfcf8aa0027");
    EXPECT_NE(digest.of("order", "{}"), digest.of("orde", "r{}"));
}

TEST(SameJsonValue, ComparesByValue) {
    const std::pair<const char*, const char*> same[] = {
        {R"({"a":1,"b":[true,null]})", R"( {"b" : [true, null], "a":1} )"},
        {"1", "1.0"},
        {"1e0", "1"},
        {"-0", "0.0"},
        {"100", "1e2"},
        {"18446744073709551615", "18446744073709551615"},
        {R"("a\u0062")", R"("ab")"},
        {"9007199254740992", "9007199254740992.0"},
    };
    for (const auto& [left, right] : same) {
        EXPECT_TRUE(same_json_value(left, right)) << left << " " << right;
        EXPECT_TRUE(same_json_value(right, left)) << left << " " << right;
    }
    const std::pair<const char*, const char*> different[] = {
        {R"({"a":1})", R"({"a":2})"},
        {R"({"a":1})", R"({"a":1,"b":1})"},
        {R"({"a":1})", R"({"b":1})"},
        {"[1,2]", "[2,1]"},
        {"[1]", "[1,1]"},
        {"1", "\"1\""},
        {"0", "false"},
        {"null", "false"},
        {"{}", "[]"},
        {"9007199254740993", "9007199254740992.0"},
        {"9007199254740993", "9007199254740992"},
        {"18446744073709551615", "18446744073709551616.0"},
        {"9223372036854775807", "9223372036854775808"},
        {"-1", "18446744073709551615"},
    };
    for (const auto& [left, right] : different) {
        EXPECT_FALSE(same_json_value(left, right)) << left << " " << right;
        EXPECT_FALSE(same_json_value(right, left)) << left << " " << right;
    }
}

TEST(SameJsonValue, IsFalseForWhatCannotBeRead) {
    const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_FALSE(same_json_value("", ""));
    EXPECT_FALSE(same_json_value("{", "{"));
    EXPECT_FALSE(same_json_value("1e999", "1e999"));
    EXPECT_FALSE(same_json_value(deep, deep));
}

}  // namespace
}  // namespace tributary::event
