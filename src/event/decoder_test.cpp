// Whole requests: hostile JSON, and batches.
#include "event/decoder.h"

#include <fmt/format.h>

#include "event/testing.h"

namespace tributary::event {
namespace {

/// `[3 "x/0" order]`: what became of each item.
std::string outcomes(const std::expected<Decoded, Rejection>& decoded) {
    if (!decoded) return fmt::format("whole: {}", decoded.error().detail);
    std::string all;
    for (const DecodedItem& item : decoded->items) {
        if (!all.empty()) all += ' ';
        if (item) {
            all += "ok";
        } else {
            all += item.error().kind == Rejection::Kind::malformed ? "malformed" : "invalid";
        }
    }
    return all;
}

std::string repeated(std::string_view text, std::size_t count) {
    std::string all;
    for (std::size_t i = 0; i < count; ++i) all += text;
    return all;
}

TEST_F(DecoderTest, SaysWhereTheJsonIsBroken) {
    const std::pair<std::string, std::string> rows[] = {
        {"", "it is empty"},
        {" \n ", "it is empty"},
        {"{", "byte 1: the text ends"},
        {"hello", "byte 0: 'h'"},
        {R"({"type":"order","data":{"id":1,}})", "byte 31 (/data): '}'"},
        {R"({"a":01})", "(/a): a number begins with 0"},
        {R"({"a":-})", "(/a): '}' stands where a value"},
        {R"({"a":1.})", "decimal point"},
        {R"({"a":1e})", "exponent"},
        {R"({"a":tru})", "(/a): 't' stands where a value"},
        {R"({"a":nulll})", "'l' stands where ',' or '}'"},
        {R"({"a":[1 2]})", "'2' stands where ',' or ']'"},
        {R"({"a":["b":1]})", "':' stands where ',' or ']'"},
        {R"({"a" 1})", "'1' stands where ':'"},
        {R"({"a":1 "b":2})", "'\"' stands where ',' or '}'"},
        {R"({"a":"x)", "the string that begins here does not end"},
        {R"({"a":"\x"})", "an escape is none of"},
        {R"({"a":"\u12g4"})", "an escape is none of"},
        {R"({"a":"\ud800"})", "surrogate"},
        {R"({"a":"\udc00"})", "surrogate"},
        {R"({"a":"\ud800\u0041"})", "surrogate"},
        {R"({"\ud800":1})", "surrogate"},
        {"{\"a\":\"x\ny\"}", "byte 0x0a stands unescaped"},
        {std::string("{\"a\":\"\0\"}", 9), "byte 0x00 stands unescaped"},
        {"{\"a\":\"\xff\"}", "byte 6: byte 0xff is not UTF-8"},
        {"{\"a\":\"\xed\xa0\x80\"}", "is not UTF-8"},
        {"\xef\xbb\xbf{}", "byte order mark"},
        {"\xff\xfe{", "UTF-16"},
        {"{}{}", "byte 2: '{' follows"},
        {"{} x", "'x' follows"},
        {R"({"a":1,"a":2})", "at /a: the name is there twice"},
        {R"({"data":{"x":[1,{"a":1,"\u0061":2}]}})", "at /data/x/1/a: the name is there twice"},
        {R"({"data":{"a\u0000":1}})", "at /data: a name contains the character NUL"},
        {R"({"a":1e999})", "beyond the range of a double"},
        {R"({"a":18446744073709551616})", "does not fit into 64 bits"},
        {R"({"a":-9223372036854775809})", "does not fit into 64 bits"},
        {R"({"a":)" + std::string(400, '9') + "}", "does not fit into 64 bits"},
        {"{\"a\":" + std::string(64, '[') + std::string(64, ']') + "}", "deeper than 64"},
        {std::string(100'000, '['), "deeper than 65"},
        {repeated("{\"a\":", 100'000), "deeper than 64"},
    };
    for (const auto& [body, words] : rows) {
        const Rejection rejection = rejection_of(body);
        EXPECT_EQ(rejection.kind, Rejection::Kind::malformed) << body.substr(0, 80);
        EXPECT_NE(rejection.detail.find(words), std::string::npos)
            << body.substr(0, 80) << ": " << rejection.detail;
        EXPECT_LT(rejection.detail.size(), 2'000U);
    }
}

TEST_F(DecoderTest, FindsARepeatedNameAmongMany) {
    std::string body = R"({"type":"order","data":{)";
    for (int i = 0; i < 100; ++i) body += fmt::format(R"("n{}":{},)", i, i);
    EXPECT_EQ(event_of(body + R"("last":1}})").data_size, body.size() - 23 + 9);
    EXPECT_NE(rejection_of(body + R"("n7":1}})").detail.find("/data/n7: the name is there twice"),
              std::string::npos);
}

TEST_F(DecoderTest, AllowsOneNameInDifferentObjects) {
    event_of(R"({"type":"order","data":{"a":{"a":[{"a":1},{"a":2}]},"b":{"a":1}}})");
}

TEST_F(DecoderTest, AcceptsWhatIsAtTheLimits) {
    event_of(R"({"type":"order","data":{"a":18446744073709551615,"b":-9223372036854775808,)"
             R"("c":1.7e308,"d":1e-999,"e":"\u0000\ud83d\ude00","f":-0}})");
    event_of("{\"type\":\"order\",\"x\":" + std::string(63, '[') + std::string(63, ']') + "}");
}

TEST_F(DecoderTest, RefusesABodyThatIsTooLarge) {
    Decoder small(catalog_, ids_, {.max_bytes = 10});
    const auto decoded = small.decode(R"({"type":"order"})", envelope_);
    ASSERT_FALSE(decoded);
    EXPECT_NE(decoded.error().detail.find("at most 10"), std::string::npos);
}

TEST_F(DecoderTest, PutsAnEventOnOneLine) {
    const Event event =
        event_of("\r\n{\"type\":\"order\",\n\"data\":{\r\n\"id\":1,\n\"note\":\"a\\nb\"}\n}\n");
    EXPECT_EQ(event.data(), R"({"id":1,"note":"a\nb"})");
    EXPECT_EQ(event.json.find_first_of("\r\n"), std::string::npos);
}

TEST_F(DecoderTest, DoesNotKnowTheLastRequestAnyMore) {
    event_of(R"({"type":"order","id":"a","time":"2026-01-01T00:00:00Z","data":{"id":1}})");
    rejection_of(R"({"specversion":"0.3"})");
    rejection_of(R"({"type":"order","data":{"x":[)");
    const Event event = event_of(R"({"type":"order","data":{"x":1}})");
    EXPECT_EQ(event.id.size(), 36U);
    EXPECT_EQ(event.subject, "");
    EXPECT_EQ(event.time, "2026-05-28T20:26:40.000Z");
}

TEST_F(DecoderTest, DecodesTheItemsOfAnArrayOneByOne) {
    const auto decoded = decode(R"([{"type":"order","id":1},{"type":"order"},7,)"
                                R"({"specversion":"1.0","id":"e","source":"/s","type":"product",)"
                                R"("data":{"id":2}}])");
    EXPECT_EQ(outcomes(decoded), "ok invalid invalid ok");
    EXPECT_TRUE(decoded->is_batch);
    EXPECT_EQ(decoded->items[3]->data(), R"({"id":2})");
}

TEST_F(DecoderTest, ChargesUnsoundJsonToItsItem) {
    EXPECT_EQ(outcomes(decode(R"([{"type":"order","id":1},{"type":"order","a":1,"a":2},)"
                              R"({"type":"order","n":1e999},{"type":"order","s":"\ud800"},)"
                              R"({"type":"order","id":2}])")),
              "ok malformed malformed malformed ok");
}

TEST_F(DecoderTest, RefusesAnArrayThatIsNotJsonAsAWhole) {
    for (const char* body :
         {R"([{"type":"order","id":1},{"type":]})", R"([{"type":"order","id":1}] x)",
          R"([{"type":"order","id":1},])", R"([{"type":"order","id":1})"}) {
        EXPECT_EQ(outcomes(decode(body)).substr(0, 6), "whole:") << body;
    }
}

TEST_F(DecoderTest, RefusesAnEmptyArray) {
    const Rejection rejection = rejection_of(" [ ] ");
    EXPECT_EQ(rejection.kind, Rejection::Kind::invalid);
}

TEST_F(DecoderTest, LimitsTheItems) {
    Decoder small(catalog_, ids_, {.max_items = 2});
    const std::string item = R"({"type":"order","id":1})";
    EXPECT_EQ(outcomes(small.decode("[" + item + "," + item + "]", envelope_)), "ok ok");
    const auto over = small.decode("[" + item + "," + item + "," + item + "]", envelope_);
    ASSERT_FALSE(over);
    EXPECT_EQ(over.error().kind, Rejection::Kind::invalid);
    envelope_.content_type = "application/x-ndjson";
    EXPECT_FALSE(small.decode(item + "\n" + item + "\n" + item, envelope_));
    EXPECT_EQ(outcomes(small.decode(item + "\n" + item + "\n\n", envelope_)), "ok ok");
}

TEST_F(DecoderTest, ChargesDamageToItsLine) {
    envelope_.content_type = "application/x-ndjson";
    const auto decoded = decode(
        "{\"type\":\"order\",\"id\":1}\r\n\n  "
        "\n{\"type\":\nnope\n[1]\n{\"type\":\"order\",\"id\":2}");
    EXPECT_EQ(outcomes(decoded), "ok malformed malformed invalid ok");
    EXPECT_TRUE(decoded->is_batch);
    EXPECT_EQ(rejection_of("\n \r\n").kind, Rejection::Kind::malformed);
}

TEST_F(DecoderTest, ReadsAReadableLineAsABatchOfOne) {
    envelope_.content_type = "application/x-ndjson";
    const auto decoded = decode(R"({"type":"order","id":1})");
    ASSERT_TRUE(decoded);
    EXPECT_TRUE(decoded->is_batch);
}

TEST_F(DecoderTest, HoldsBatchesOfCloudEventsToTheirFormat) {
    envelope_.content_type = "application/cloudevents-batch+json";
    EXPECT_EQ(outcomes(decode(R"([{"specversion":"1.0","id":"e","source":"/s","type":"order",)"
                              R"("data":{"id":2}},{"type":"order","data":{"id":1}}])")),
              "ok invalid");
    EXPECT_EQ(rejection_of(R"({"specversion":"1.0","id":"e","source":"/s","type":"order",)"
                           R"("data":{"id":2}})")
                  .kind,
              Rejection::Kind::invalid);
    envelope_.content_type = "application/cloudevents+json";
    EXPECT_EQ(rejection_of("[]").kind, Rejection::Kind::invalid);
}

TEST_F(DecoderTest, DerivesTheIdsOfABatchFromItsKey) {
    envelope_.idempotency_key = "k";
    const auto decoded = decode(R"([{"type":"order","data":{"x":1}},{"type":"order","id":"own",)"
                                R"("data":{"x":1}},{"type":"order"},{"type":"order","x":1}])");
    ASSERT_EQ(outcomes(decoded), "ok ok invalid ok");
    EXPECT_EQ(decoded->items[0]->id, batch_item_id("k", 0));
    EXPECT_EQ(decoded->items[1]->id, "own");
    EXPECT_EQ(decoded->items[2].error().id, batch_item_id("k", 2));
    EXPECT_EQ(decoded->items[3]->id, batch_item_id("k", 3));
}

TEST_F(DecoderTest, KeepsDerivedIdsWhenAnItemIsUnsound) {
    envelope_.idempotency_key = "k";
    const auto decoded = decode(R"([{"type":"order","a":1,"a":1},{"type":"order","x":1}])");
    ASSERT_EQ(outcomes(decoded), "malformed ok");
    EXPECT_EQ(decoded->items[0].error().id, batch_item_id("k", 0));
    EXPECT_EQ(decoded->items[1]->id, batch_item_id("k", 1));
}

TEST_F(DecoderTest, RefusesOneIdWithDifferentContents) {
    const auto item = [](const char* id, const char* data, const char* type = "order") {
        return fmt::format(R"({{"type":"{}","id":"{}","data":{}}})", type, id, data);
    };
    EXPECT_EQ(outcomes(decode("[" + item("a", R"({"x":1})") + "," + item("b", R"({"x":1})") + "," +
                              item("a", R"({"x":2})") + "]")),
              "invalid ok invalid");
    EXPECT_EQ(outcomes(decode("[" + item("a", R"({"x":1,"y":2})") + "," +
                              item("a", R"({"y":2.0, "x":1e0})") + "]")),
              "ok ok");
    EXPECT_EQ(outcomes(decode("[" + item("a", R"({"x":1})") + "," +
                              item("a", R"({"x":1})", "product") + "]")),
              "invalid invalid");
}

TEST_F(DecoderTest, TellsOneIdOfTwoSourcesApart) {
    const auto item = [](const char* source, int x) {
        return fmt::format(R"({{"specversion":"1.0","id":"e","source":"{}","type":"order",)"
                           R"("data":{{"x":{}}}}})",
                           source, x);
    };
    EXPECT_EQ(outcomes(decode("[" + item("/a", 1) + "," + item("/b", 2) + "]")), "ok ok");
    EXPECT_EQ(outcomes(decode("[" + item("/a", 1) + "," + item("/a", 2) + "]")), "invalid invalid");
}

}  // namespace
}  // namespace tributary::event
