#include "event/schema.h"

#include <gtest/gtest.h>
#include <thread>

#include "event/testing.h"

namespace tributary::event {
namespace {

std::shared_ptr<const Schema> compiled(std::string_view json) {
    auto schema = Schema::compile(json);
    EXPECT_TRUE(schema) << schema.error().message;
    return schema ? *schema : nullptr;
}

std::string pointers(const std::vector<Violation>& violations) {
    std::string all;
    for (const Violation& violation : violations) {
        EXPECT_FALSE(violation.message.empty());
        if (!all.empty()) all += ' ';
        all += violation.pointer;
    }
    return all;
}

TEST(Schema, NamesEveryViolationOnce) {
    const auto schema = compiled(R"({"type":"object","required":["id"],"properties":{
        "total":{"type":"number","minimum":0},
        "lines":{"type":"array","items":{"type":"object","required":["sku"]}},
        "a/b":{"type":"string"}}})");
    EXPECT_EQ(pointers(schema->check(R"({"id":1,"total":1,"lines":[{"sku":1}]})", "/data")), "");
    const std::string found =
        pointers(schema->check(R"({"total":-1,"lines":[{"sku":1},{}],"a/b":1})", "/data"));
    EXPECT_EQ(found, "/data/a~1b /data/lines/1 /data/total /data");
}

TEST(Schema, SaysWhatIsWrongWithItself) {
    for (const char* json : {"", "{", "[]", "7", R"({"type":"nothing"})", R"({"pattern":"["})",
                             R"({"patternProperties":{"(":{}}})", R"({"$ref":"file:///etc/x"})"}) {
        const auto schema = Schema::compile(json);
        ASSERT_FALSE(schema) << json;
        EXPECT_EQ(schema.error().code, ErrorCode::invalid_input);
    }
}

TEST(Schema, RefusesTextsThatNoExpressionCanBeTriedOn) {
    const auto schema = compiled(R"({"properties":{"a":{"pattern":"^(a|b)*$"}}})");
    EXPECT_EQ(pointers(schema->check(R"({"a":"abab"})", "")), "");
    EXPECT_EQ(pointers(schema->check(R"({"a":"abc"})", "")), "/a");
    const std::string large = R"({"a":")" + std::string(1'000'000, 'a') + R"("})";
    EXPECT_EQ(pointers(schema->check(large, "")), "/a");
    EXPECT_EQ(pointers(compiled(R"({"required":["a"]})")->check(large, "")), "");
}

TEST(Schema, MayBeUsedByManyThreads) {
    const auto schema = compiled(R"({"properties":{"a":{"pattern":"^a+$"}}})");
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 200; ++n) {
                EXPECT_EQ(schema->check(R"({"a":"b"})", "").size(), 1U);
            }
        });
    }
}

TEST_F(DecoderTest, HoldsDataToTheOperatorsSchema) {
    const auto schema = compiled(R"({"properties":{"total":{"type":"number"}}})");
    const_cast<EntityType*>(catalog_.find("order"))->schema = schema;
    EXPECT_EQ(pointers_of(R"({"type":"order","data":{"total":"x"}})"), "/data/total");
    EXPECT_EQ(pointers_of(R"({"type":"order","id":[],"total":"x"})"), "/id /total");
    event_of(R"({"type":"order","data":{"total":1}})");
}

}  // namespace
}  // namespace tributary::event
