#include "indexing/document.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "base/rfc3339.h"

namespace tributary::indexing {
namespace {

constexpr std::string_view kReceived = "2026-11-23T06:00:00.100Z";

Timestamp time_of(std::string_view text) {
    return parse_rfc3339(text).value();
}

class DocumentTest : public testing::Test {
protected:
    ItemPtr item_of(const std::string& value, bool has_header = true) {
        event_log::Record record;
        record.topic = "orders";
        record.partition = 3;
        record.offset = 42;
        record.timestamp = time_of("2026-11-23T06:00:00.150Z");
        record.value = value;
        if (has_header) {
            record.headers.emplace_back("tributary-received-at", std::string(kReceived));
        }
        return maker_.make(std::move(record), 1);
    }
    static std::string event(const std::string& more = "",
                             const std::string& data = R"({"total":440})") {
        return R"({"specversion":"1.0","id":"e1","source":"/api","type":"order",)"
               R"("time":"2026-11-23T06:00:00.000Z","datacontenttype":"application/json")" +
               more + R"(,"data":)" + data + "}";
    }

    const event::Catalog catalog_ = event::Catalog::built_in();
    BufferUsage usage_;
    ItemMaker maker_{catalog_, usage_};
};

TEST_F(DocumentTest, IsTheEventAndWhatIsKnownAboutItsWay) {
    const std::string value = event();
    const auto item = item_of(value);
    ASSERT_FALSE(item->letter) << item->letter->judgement.detail;
    const auto json = compose_document(*item, time_of("2026-11-23T06:00:00.400Z"));
    EXPECT_TRUE(json.starts_with(value.substr(0, value.size() - 1)));  // Byte for byte.
    EXPECT_EQ(json.find('\n'), std::string::npos);
    const auto document = boost::json::parse(json);
    EXPECT_EQ(document.at("@timestamp").as_string(), "2026-11-23T06:00:00.000Z");
    const auto& pipeline = document.at("pipeline");
    EXPECT_EQ(pipeline.at("received_at").as_string(), kReceived);
    EXPECT_EQ(pipeline.at("published_at").as_string(), "2026-11-23T06:00:00.150Z");
    EXPECT_EQ(pipeline.at("indexed_at").as_string(), "2026-11-23T06:00:00.400Z");
    EXPECT_EQ(pipeline.at("latency_ms").as_int64(), 300);
    EXPECT_EQ(pipeline.at("digest").as_string(),
              event::ContentDigest().of("order", R"({"total":440})"));
    EXPECT_EQ(document.at("kafka"),
              boost::json::parse(R"({"topic":"orders","partition":3,"offset":42})"));
    EXPECT_NE(document.at("text").as_string().find("440"), std::string::npos);
}

TEST_F(DocumentTest, WithoutTheHeaderThePublishingTimeCounts) {
    const auto item = item_of(event(), false);
    const auto json = compose_document(*item, time_of("2026-11-23T06:00:00.400Z"));
    const auto document = boost::json::parse(json);
    EXPECT_EQ(document.at("pipeline").at("received_at").as_string(), "2026-11-23T06:00:00.150Z");
    EXPECT_EQ(document.at("pipeline").at("latency_ms").as_int64(), 250);
}

TEST_F(DocumentTest, AClockThatWasSetBackGivesNoNegativeLatency) {
    const auto item = item_of(event());
    const auto document =
        boost::json::parse(compose_document(*item, time_of("2026-11-23T05:00:00.000Z")));
    EXPECT_EQ(document.at("pipeline").at("latency_ms").as_int64(), 0);
}

TEST_F(DocumentTest, AnEventThatUsesOurNamesIsADeadLetter) {
    for (const char* name : {"text", "kafka", "pipeline", "@timestamp", R"(\u0074ext)"}) {
        const auto item = item_of(event(std::string(R"(,")") + name + R"(":"mine")"));
        ASSERT_TRUE(item->letter) << name;
        EXPECT_EQ(item->letter->judgement.verdict, Verdict::undecodable);
        EXPECT_EQ(item->letter->event_id, "e1");
    }
}

TEST_F(DocumentTest, OurNamesWithinDataOrInValuesAreFine) {
    const auto item = item_of(
        event(R"(,"comment":"\"text\":1","text2":"text")", R"({"text":1,"kafka":{"pipeline":2}})"));
    EXPECT_FALSE(item->letter);
}

TEST_F(DocumentTest, AnItemGivesItsMemoryBack) {
    const std::string value = event();
    auto item = item_of(value);
    EXPECT_EQ(usage_.records, 1U);
    EXPECT_GE(usage_.bytes, value.size());
    EXPECT_LT(usage_.bytes, 2 * value.size());  // The bytes are kept once.
    EXPECT_EQ(item->value(), value);
    item.reset();
    EXPECT_EQ(usage_.records, 0U);
    EXPECT_EQ(usage_.bytes, 0U);
}

}  // namespace
}  // namespace tributary::indexing
