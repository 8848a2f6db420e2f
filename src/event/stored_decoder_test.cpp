#include <fmt/format.h>

#include "event/testing.h"

namespace tributary::event {
namespace {

class StoredEventDecoderTest : public DecoderTest {
protected:
    std::expected<StoredEvent, Rejection> decode(std::string_view topic, std::string value) {
        return stored_.decode(topic, value);
    }

    Rejection refusal(const std::string& text, std::string_view topic = "orders") {
        std::string value = text;
        auto stored = stored_.decode(topic, value);
        EXPECT_EQ(value, text) << "what is refused is left as it was";
        if (!stored) return stored.error();
        ADD_FAILURE() << text << " is accepted";
        return {Rejection::Kind::invalid, "", {}, ""};
    }

    StoredEventDecoder stored_{catalog_};
};

TEST_F(StoredEventDecoderTest, ReadsBackWhatTheDecoderAccepts) {
    const Event event = event_of(
        R"({"type":"order","id":"a\"b","data":{"id":1,"a":["b\n\u0000c",true,null,2.50]}})");
    const auto again = decode("orders", event.json);
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(again->event.id, event.id);
    EXPECT_EQ(again->event.source, event.source);
    EXPECT_EQ(again->event.subject, event.subject);
    EXPECT_EQ(again->event.time, event.time);
    EXPECT_EQ(again->event.type, event.type);
    EXPECT_EQ(again->event.json, event.json);
    EXPECT_EQ(again->event.data(), event.data());
    EXPECT_EQ(again->text, "1 b\n c true 2.50");
}

TEST_F(StoredEventDecoderTest, ReadsTheDeepestThatTheDecoderAccepts) {
    const Event event =
        event_of("{\"type\":\"order\",\"x\":" + std::string(63, '[') + std::string(63, ']') + "}");
    EXPECT_TRUE(decode("orders", event.json));
}

TEST_F(StoredEventDecoderTest, PutsAPrettyPrintedEventOnOneLine) {
    const auto stored = decode(
        "orders",
        "{\r\n  \"specversion\": \"1.0\",\n  \"data\": {\n    \"id\": 1\n  },\n  \"id\": \"e\",\n"
        "  \"source\": \"/s\",\n  \"type\": \"order\",\n  \"time\": \"2026-01-01T00:00:00Z\"\n}\n");
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ(stored->event.json.find_first_of("\r\n"), std::string::npos);
    EXPECT_EQ(stored->event.data(), R"({    "id": 1  })");
    EXPECT_EQ(stored->event.time, "2026-01-01T00:00:00.000Z");
    EXPECT_EQ(stored->text, "1");
}

TEST_F(StoredEventDecoderTest, MovesAnEventThatLiesOnOneLine) {
    std::string value = event_of(R"({"type":"order","data":{"id":1}})").json;
    const std::string text = value;
    const char* const bytes = value.data();
    const auto stored = stored_.decode("orders", value);
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ(stored->event.json, text);
    EXPECT_EQ(stored->event.json.data(), bytes);
    EXPECT_EQ(stored->event.data(), R"({"id":1})");
    EXPECT_TRUE(value.empty());
}

TEST_F(StoredEventDecoderTest, LeavesAnEventWithSpaceAroundItWhereItIs) {
    const std::string text = "  " + event_of(R"({"type":"order","data":{"id":1}})").json + " ";
    std::string value = text;
    const auto stored = stored_.decode("orders", value);
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ("  " + stored->event.json + " ", text);
    EXPECT_EQ(stored->event.data(), R"({"id":1})");
    EXPECT_EQ(value, text);
}

TEST_F(StoredEventDecoderTest, TakesTheTypeFromTheTopic) {
    const auto stored =
        decode("products", R"({"specversion":"1.0","id":"e","source":"/s","type":"order",)"
                           R"("time":"2026-01-01T00:00:00Z","data":{"id":1}})");
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ(stored->event.type->name, "product");
}

TEST_F(StoredEventDecoderTest, CollectsTheTextOfDataOnly) {
    const auto stored = decode(
        "orders", R"({"specversion":"1.0","id":"e","source":"/s","type":"order","note":"outside",)"
                  R"("time":"2026-01-01T00:00:00Z","data":{"data":{"k":"in"},"l":[[1],{}]}})");
    ASSERT_TRUE(stored) << stored.error().detail;
    EXPECT_EQ(stored->text, "in 1");
}

TEST_F(StoredEventDecoderTest, RefusesWhatIsNoEvent) {
    EXPECT_EQ(refusal("").kind, Rejection::Kind::malformed);
    EXPECT_EQ(refusal("nope").kind, Rejection::Kind::malformed);
    EXPECT_EQ(refusal("[]").kind, Rejection::Kind::invalid);
    EXPECT_EQ(refusal("7").kind, Rejection::Kind::invalid);
    EXPECT_EQ(refusal("{}").kind, Rejection::Kind::invalid);
    EXPECT_EQ(refusal(R"({"type":"order","data":{"id":1}})").kind, Rejection::Kind::invalid);
    EXPECT_NE(refusal("{}", "invoices").detail.find("invoices"), std::string::npos);
    const Rejection rejection = refusal(R"({"specversion":"1.0","id":"e","source":"/s",)"
                                        R"("type":"order","data":{"id":1}})");
    EXPECT_EQ(rejection.violations.at(0).pointer, "/time");
    EXPECT_EQ(rejection.id, "e");
}

}  // namespace
}  // namespace tributary::event
