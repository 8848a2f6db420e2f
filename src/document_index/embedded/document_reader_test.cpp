#include "document_index/embedded/document_reader.h"

#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tributary::document_index {
namespace {

constexpr std::string_view kDocument =
    R"({"id":"e1","type":"order","data":{"total":440,"big":12345678901234567890123,"x":[{}]},)"
    R"("@timestamp":"2026-11-23T06:00:00.000Z",)"
    R"("pipeline":{"received_at":"2026-11-23T07:00:00.123Z","digest":"d1","latency_ms":3},)"
    R"("kafka":{"topic":"orders","partition":2,"offset":77},"text":"440 \"Bob\" \u00e4"})";

TEST(DocumentReader, ReadsWhatTheIndexKeeps) {
    DocumentReader reader;
    const auto fields = reader.read("orders-index", kDocument);
    ASSERT_TRUE(fields) << fields.error().reason;
    EXPECT_EQ(fields->event_id, "e1");
    EXPECT_EQ(fields->received_at, *parse_rfc3339("2026-11-23T07:00:00.123Z"));
    EXPECT_EQ(fields->origin, (Origin{"orders", 2, 77}));
    EXPECT_EQ(fields->text, "440 \"Bob\" ä");
}

TEST(DocumentReader, ReadsWhatIsStored) {
    DocumentReader reader;
    const auto content = reader.stored_content(kDocument);
    EXPECT_EQ(content.digest, "d1");
    EXPECT_EQ(content.origin, (Origin{"orders", 2, 77}));
    EXPECT_EQ(content.data, R"({"total":440,"big":12345678901234567890123,"x":[{}]})");
}

TEST(DocumentReader, StoredContentOfABareDocumentIsEmpty) {
    DocumentReader reader;
    const auto content = reader.stored_content(R"({"id":7})");
    EXPECT_EQ(content.digest, "");
    EXPECT_EQ(content.origin, Origin());
    EXPECT_EQ(content.data, "");
}

TEST(DocumentReader, FallsBackToTheTimestampAndThenToTheEpoch) {
    DocumentReader reader;
    const auto from_timestamp = reader.read("i", R"({"@timestamp":"2026-11-23T06:00:00Z"})");
    EXPECT_EQ(from_timestamp->received_at, *parse_rfc3339("2026-11-23T06:00:00Z"));
    const auto unreadable = reader.read(
        "i", R"({"@timestamp":"2026-11-23T06:00:00Z","pipeline":{"received_at":"soon"}})");
    EXPECT_EQ(unreadable->received_at, *parse_rfc3339("2026-11-23T06:00:00Z"));
    EXPECT_EQ(reader.read("i", "{}")->received_at, Timestamp());
}

TEST(DocumentReader, RejectsWhatIsNotOneJsonObject) {
    DocumentReader reader;
    for (const std::string_view json : {"",
                                        " ",
                                        "{",
                                        "}",
                                        "[]",
                                        "7",
                                        "\"text\"",
                                        "null",
                                        R"({"id":)",
                                        R"({"id":"a")",
                                        R"({"id":"a",})",
                                        R"({"id":"a"} x)",
                                        R"({"id":"a"}{"id":"b"})",
                                        R"({"a":[1,2})",
                                        R"({"a":tru})",
                                        R"({"a":"\x"})",
                                        R"({"a":nul})",
                                        R"({"a":1x})",
                                        R"({"a" 1})",
                                        R"({"a":"unfinished})",
                                        "{\"a\":\"\xff\"}",
                                        "{\"a\":\"line\nbreak\"}"}) {
        const auto fields = reader.read("i", json);
        ASSERT_FALSE(fields) << json;
        EXPECT_EQ(fields.error().status, 400);
        EXPECT_EQ(fields.error().type, "mapper_parsing_exception");
    }
    EXPECT_TRUE(reader.read("i", R"({"id":"still works"})"));
}

TEST(DocumentReader, RejectsDocumentsThatAreTooDeep) {
    DocumentReader reader;
    std::string deep = R"({"a":)" + std::string(5'000, '[') + std::string(5'000, ']') + "}";
    EXPECT_FALSE(reader.read("i", deep));
}

TEST(DocumentReader, RejectsObjectsWhereTheMappingHasValues) {
    DocumentReader reader({{"orders-index", {"data.total", "data.customer.name"}}});
    for (const std::string_view json :
         {R"({"data":{"total":{}}})", R"({"data":{"total":[1,[{"a":1}]]}})",
          R"({"data":[{"total":1},{"total":{}}]})", R"({"data":{"customer":"Bob"}})",
          R"({"data":"text"})", R"({"data":{"customer":{"name":{"first":"Bob"}}}})", R"({"id":{}})",
          R"({"kafka":"x"})", R"({"text":{}})"}) {
        const auto fields = reader.read("orders-index", json);
        ASSERT_FALSE(fields) << json;
        EXPECT_EQ(fields.error().type, "mapper_parsing_exception");
    }
    EXPECT_EQ(reader.read("orders-index", R"({"data":{"total":{"eur":1}}})").error().reason,
              "The field 'data.total' has an object where a value should be.");
}

TEST(DocumentReader, TakesEverythingThatTheMappingDoesNotContradict) {
    DocumentReader reader({{"orders-index", {"data.total", "data.customer.name"}}});
    for (const std::string_view json :
         {R"({"data":{"total":"much"}})", R"({"data":{"total":[1,"2",null,[3]]}})",
          R"({"data":{"total":null,"customer":null}})", R"({"data":null})",
          R"({"data":{"other":{"total":{}}}})", R"({"data":{"total":-1e400}})",
          R"({"data":{"customer":[{"name":"a"},{"name":"b"}]}})", R"({"total":{"a":1}})"}) {
        const auto fields = reader.read("orders-index", json);
        EXPECT_TRUE(fields) << json << ": " << fields.error().reason;
    }
    EXPECT_TRUE(reader.read("products-index", R"({"data":{"total":{}}})"));
}

TEST(DocumentReader, LeavesOutValuesOfUnexpectedTypes) {
    DocumentReader reader;
    const auto fields = reader.read(
        "i", R"({"id":7,"text":["a",1,true],"kafka":{"topic":"t","partition":"x","offset":1.5}})");
    ASSERT_TRUE(fields);
    EXPECT_EQ(fields->event_id, "7");
    EXPECT_EQ(fields->text, "a 1 true");
    EXPECT_EQ(fields->origin, (Origin{"t", 0, 0}));
}

}  // namespace
}  // namespace tributary::document_index
