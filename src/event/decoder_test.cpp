#include "event/decoder.h"

#include "event/testing.h"

namespace tributary::event {
namespace {

TEST_F(DecoderTest, ReadsAWrappedEvent) {
    const Event event = event_of(R"({"type":"order","id":"a1","data":{"id":10248,"total":440}})");
    EXPECT_EQ(event.json,
              R"({"specversion":"1.0","id":"a1","source":"/api","type":"order",)"
              R"("subject":"10248","time":"2026-05-28T20:26:40.000Z",)"
              R"("datacontenttype":"application/json","data":{"id":10248,"total":440}})");
    EXPECT_EQ(event.data(), R"({"id":10248,"total":440})");
    EXPECT_EQ(event.type->topic, "orders");
    EXPECT_EQ(event.key(), "10248");
}

TEST_F(DecoderTest, ReadsAFlatObjectWhoseIdIsTheEntitys) {
    const Event event = event_of(R"({"id":"x","type":"product","name":"Chai"})");
    EXPECT_EQ(event.data(), R"({"id":"x","name":"Chai"})");
    EXPECT_EQ(event.subject, "x");
    EXPECT_EQ(event.id.size(), 36U);
}

TEST_F(DecoderTest, DecodesAgainWhatItAccepts) {
    StoredEventDecoder stored(catalog_);
    const Event event =
        event_of("{\"type\":\"order\",\"data\":{\n\"id\":1,\r\n\"a\":[\"b\",true]}}");
    EXPECT_EQ(event.json.find_first_of("\r\n"), std::string::npos);
    const auto again = stored.decode("orders", event.json);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->event.id, event.id);
    EXPECT_EQ(again->event.data(), event.data());
    EXPECT_EQ(again->text, "1 b true");
}

}  // namespace
}  // namespace tributary::event
