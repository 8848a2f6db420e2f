// The input forms of a single event, and the rules for its parts.
#include <array>
#include <boost/json.hpp>

#include "event/testing.h"

namespace tributary::event {
namespace {

constexpr std::string_view kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
constexpr std::string_view kOtherTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST_F(DecoderTest, ReadsAWrappedEvent) {
    const Event event = event_of(R"({"type":"order","id":"a1","data":{"id":10248,"total":440}})");
    EXPECT_EQ(event.json,
              R"({"specversion":"1.0","id":"a1","source":"/api","type":"order",)"
              R"("subject":"10248","time":"2026-05-28T20:26:40.000Z",)"
              R"("datacontenttype":"application/json","data":{"id":10248,"total":440}})");
    EXPECT_EQ(event.data(), R"({"id":10248,"total":440})");
    EXPECT_EQ(event.type, catalog_.find("order"));
    EXPECT_EQ(event.time, "2026-05-28T20:26:40.000Z");
    EXPECT_EQ(event.key(), "10248");
}

TEST_F(DecoderTest, ReadsAFlatObjectWhoseIdIsTheEntitys) {
    const Event event = event_of(R"({"id":"x", "type":"product", "name":"Chai", "source":"me"})");
    EXPECT_EQ(event.data(), R"({"id":"x","name":"Chai","source":"me"})");
    EXPECT_EQ(event.subject, "x");
    EXPECT_EQ(event.source, "/api");
    EXPECT_EQ(event.id.size(), 36U) << "a UUIDv7";
}

TEST_F(DecoderTest, KeepsEscapedNamesOfAFlatObject) {
    const Event event = event_of(R"({"type":"product","a\"\u0041\n":1})");
    EXPECT_EQ(event.data(), R"({"a\"A\u000a":1})");
}

TEST_F(DecoderTest, TakesTheEmptyNameForAField) {
    envelope_.expected_type = catalog_.find("order");
    EXPECT_EQ(event_of(R"({"":1})").data(), R"({"":1})");
}

TEST_F(DecoderTest, KeepsWhatACloudEventBrings) {
    envelope_.content_type = "application/cloudevents+json; charset=UTF-8";
    const Event event =
        event_of(R"({"specversion":"1.0","id":"e-1","source":"/shop","type":"order","subject":"s",)"
                 R"("time":"2026-11-23T07:00:00+01:00","datacontenttype":"application/vnd.x+json",)"
                 R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
                 R"("region":"eu","attempt":2,"urgent":true,"unset":null,"data":{"id":1}})");
    EXPECT_EQ(event.json,
              R"({"specversion":"1.0","id":"e-1","source":"/shop","type":"order","subject":"s",)"
              R"("time":"2026-11-23T07:00:00+01:00","datacontenttype":"application/vnd.x+json",)"
              R"("traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",)"
              R"("region":"eu","attempt":2,"urgent":true,"data":{"id":1}})");
    EXPECT_EQ(event.time, "2026-11-23T06:00:00.000Z");
    EXPECT_EQ(event.subject, "s");
    EXPECT_EQ(event.traceparent, kTrace);
}

TEST_F(DecoderTest, TakesSpecversionForACloudEventInPlainJsonToo) {
    EXPECT_EQ(event_of(R"({"specversion":"1.0","id":"e","source":"/s","type":"order",)"
                       R"("data":{"id":1}})")
                  .source,
              "/s");
    EXPECT_EQ(pointers_of(R"({"specversion":"1.0","type":"order","total":1})"),
              "/id /source /data");
}

TEST_F(DecoderTest, ReadsABinaryCloudEvent) {
    envelope_.ce_attributes = {{"specversion", "1.0"},  {"id", "b-1"},
                               {"source", "/shop%20a"}, {"type", "order"},
                               {"region", "d\"u"},      {"traceparent", std::string(kTrace)}};
    envelope_.content_type = "application/json";
    const Event event = event_of(R"( {"id":7, "total":1} )");
    EXPECT_EQ(event.id, "b-1");
    EXPECT_EQ(event.source, "/shop a");
    EXPECT_EQ(event.subject, "7");
    EXPECT_EQ(event.data(), R"({"id":7, "total":1})");
    EXPECT_NE(event.json.find(R"("region":"d\"u")"), std::string::npos);
    EXPECT_EQ(event.traceparent, kTrace);
}

TEST_F(DecoderTest, NamesTheHeadersOfABinaryCloudEvent) {
    envelope_.ce_attributes = {{"specversion", "1.0"}, {"type", "order"},
                               {"type", "product"},    {"id", ""},
                               {"text", "x"},          {"source", "\xff"}};
    const Rejection rejection = rejection_of("[]");
    std::string all;
    for (const Violation& violation : rejection.violations) {
        EXPECT_EQ(violation.pointer, "");
        all += violation.message;
    }
    for (const char* words : {"ce-type is there twice", "ce-id must not be empty", "ce-text",
                              "ce-source is not UTF-8", "must be an object; it is an array"}) {
        EXPECT_NE(all.find(words), std::string::npos) << words << " is not in " << all;
    }
}

TEST_F(DecoderTest, PointsIntoTheBodyOfABinaryCloudEvent) {
    envelope_.ce_attributes = {
        {"specversion", "1.0"}, {"id", "b"}, {"source", "/s"}, {"type", "order"}};
    EXPECT_EQ(pointers_of(R"({"id":{}})"), "/id");
}

TEST_F(DecoderTest, RefusesFieldsBesideData) {
    const std::string pointers =
        pointers_of(R"({"type":"order","total":1,"source":"/x","a/b~":2,"data":{"id":1}})");
    EXPECT_EQ(pointers, "/total /source /a~1b~0");
}

TEST_F(DecoderTest, AcceptsTimeAndSubjectBesideData) {
    const Event event = event_of(
        R"({"type":"order","time":"2026-01-01t00:00:00.1234z","subject":"s","data":{"id":1}})");
    EXPECT_EQ(event.time, "2026-01-01T00:00:00.123Z");
    EXPECT_EQ(event.subject, "s");
    EXPECT_NE(event.json.find(R"("time":"2026-01-01t00:00:00.1234z")"), std::string::npos);
}

TEST_F(DecoderTest, NamesEveryViolationAtOnce) {
    const std::string pointers = pointers_of(
        R"({"specversion":"1.0","id":"","type":"invoice","time":"now","subject":"a\u0000b",)"
        R"("Big":1,"kafka":1,"list":[],"datacontenttype":"text/xml","data":{}})");
    EXPECT_EQ(pointers,
              "/id /time /subject /Big /kafka /list /datacontenttype /data /source /type");
}

TEST_F(DecoderTest, RefusesData64) {
    const Rejection rejection = rejection_of(
        R"({"specversion":"1.0","id":"e","source":"/s","type":"order","data_base64":"AA=="})");
    ASSERT_EQ(rejection.violations.size(), 1U);
    EXPECT_EQ(rejection.violations[0].pointer, "/data_base64");
}

TEST_F(DecoderTest, ReadsNoOtherSpecversion) {
    const Rejection rejection = rejection_of(
        R"({"specversion":"0.3","id":"e","source":"/s","type":"order","data":{"id":1}})");
    EXPECT_EQ(rejection.kind, Rejection::Kind::unsupported_format);
    EXPECT_NE(rejection.detail.find("0.3"), std::string::npos);
    EXPECT_EQ(rejection.id, "e");
    EXPECT_EQ(pointers_of(R"({"specversion":1.0,"id":"e","source":"/s","type":"order",)"
                          R"("data":{"id":1}})"),
              "/specversion");
}

TEST_F(DecoderTest, ReplacesATraceparentThatIsNone) {
    envelope_.traceparent = kOtherTrace;
    const Event event = event_of(R"({"specversion":"1.0","id":"e","source":"/s","type":"order",)"
                                 R"("traceparent":"00-zz","data":{"id":1}})");
    EXPECT_EQ(event.traceparent, kOtherTrace);
    EXPECT_EQ(event.json.find("00-zz"), std::string::npos);
    envelope_.traceparent = "00-zz";
    EXPECT_EQ(event_of(R"({"type":"order","data":{"id":1}})").traceparent, "");
}

TEST_F(DecoderTest, PrefersTheClientsIdToTheIdempotencyKey) {
    envelope_.idempotency_key = "key";
    EXPECT_EQ(event_of(R"({"type":"order","id":"own","data":{"id":1}})").id, "own");
    EXPECT_EQ(event_of(R"({"type":"order","data":{"id":1}})").id, "key");
    EXPECT_EQ(event_of(R"({"type":"order","id":1})").id, "key");
    EXPECT_EQ(rejection_of(R"({"type":"order","data":{}})").id, "key");
}

TEST_F(DecoderTest, AllowsIdsOf1To128PrintableCharacters) {
    const auto with_id = [](const std::string& id) {
        return R"({"type":"order","id":")" + id + R"(","data":{"id":1}})";
    };
    for (const std::string& good :
         {std::string("a"), std::string(128, '~'), std::string("a b"), std::string(R"(\"\\)")}) {
        EXPECT_FALSE(event_of(with_id(good)).id.empty());
    }
    for (const std::string& bad : {std::string(), std::string(129, 'a'), std::string("\xc3\xa4"),
                                   std::string("a\\u0000"), std::string("a\\u007f")}) {
        EXPECT_EQ(pointers_of(with_id(bad)), "/id") << bad;
        EXPECT_EQ(rejection_of(with_id(bad)).id.size(), 36U);
    }
}

TEST_F(DecoderTest, NamesEveryRefusalByAnId) {
    const std::string no_id =
        R"({"specversion":"1.0","source":"/s","type":"order","data":{"id":1}})";
    for (const std::string& bad : {std::string(R"({"type":"order"})"), std::string("{"),
                                   std::string("[]"), std::string(), no_id}) {
        envelope_.idempotency_key.clear();
        EXPECT_EQ(rejection_of(bad).id.size(), 36U) << bad;
        EXPECT_NE(rejection_of(bad).id, rejection_of(bad).id) << bad;
        envelope_.idempotency_key = "key";
        EXPECT_EQ(rejection_of(bad).id, "key") << bad;
    }
    envelope_.idempotency_key = "no\nkey";
    EXPECT_EQ(rejection_of("{}").id.size(), 36U);
    envelope_.idempotency_key.clear();
    const auto batch = decode(R"([{"type":"order"},7])");
    ASSERT_TRUE(batch && batch->items.size() == 2);
    EXPECT_EQ(batch->items[0].error().id.size(), 36U);
    EXPECT_NE(batch->items[0].error().id, batch->items[1].error().id);
}

TEST_F(DecoderTest, MakesTheSubjectOfTheEntitysId) {
    const auto subject = [&](const std::string& id) {
        return event_of(R"({"type":"order","data":{"x":1,"id":)" + id + "}}").subject;
    };
    EXPECT_EQ(subject("10248"), "10248");
    EXPECT_EQ(subject("-1.50e2"), "-1.50e2");
    EXPECT_EQ(subject(R"("a\u00e4")"), "a\xc3\xa4");
    EXPECT_EQ(subject("null"), "");
    EXPECT_EQ(subject(R"("")"), "");
    const Event event = event_of(R"({"type":"order","id":"e","data":{"x":1}})");
    EXPECT_EQ(event.subject, "");
    EXPECT_EQ(event.key(), "e");
}

TEST_F(DecoderTest, RefusesEntityIdsThatCanBeNoKey) {
    for (const char* id : {"true", "{}", "[1]", R"("a\nb")", R"("\u0000")"}) {
        EXPECT_EQ(pointers_of(std::string(R"({"type":"order","data":{"id":)") + id + "}}"),
                  "/data/id")
            << id;
        EXPECT_EQ(pointers_of(std::string(R"({"type":"order","id":)") + id + "}"), "/id") << id;
    }
}

TEST_F(DecoderTest, RefusesTimesThatLeaveTheCalendar) {
    for (const char* time : {"9999-12-31T23:59:59-01:00", "0000-01-01T00:00:00+01:00", "today",
                             "2026-02-30T00:00:00Z", ""}) {
        EXPECT_EQ(pointers_of(std::string(R"({"type":"order","time":")") + time +
                              R"(","data":{"id":1}})"),
                  "/time")
            << time;
    }
}

TEST_F(DecoderTest, UsesTheFilesTypeAndIdForItems) {
    envelope_.expected_type = catalog_.find("supplier");
    envelope_.source = "s3://b/suppliers \"1\".json";
    const auto flat = decoder_.decode_item(R"({"id":3,"name":"x"})", envelope_, "file-id");
    ASSERT_TRUE(flat) << flat.error().detail;
    EXPECT_EQ(flat->id, "file-id");
    EXPECT_EQ(flat->source, envelope_.source);
    EXPECT_EQ(flat->type->name, "supplier");
    EXPECT_EQ(flat->data(), R"({"id":3,"name":"x"})");
    EXPECT_NO_THROW(boost::json::parse(flat->json));

    const auto wrapped = decoder_.decode_item(R"({"id":"own","data":{"id":3}})", envelope_, "f");
    ASSERT_TRUE(wrapped) << wrapped.error().detail;
    EXPECT_EQ(wrapped->id, "f");

    const auto cloud_event = decoder_.decode_item(
        R"({"specversion":"1.0","id":"own","source":"/s","type":"supplier","data":{"id":3}})",
        envelope_, "f");
    ASSERT_TRUE(cloud_event) << cloud_event.error().detail;
    EXPECT_EQ(cloud_event->id, "own");
    EXPECT_EQ(cloud_event->source, "/s");
}

TEST_F(DecoderTest, RefusesAnItemWhoseTypeContradictsTheFile) {
    envelope_.expected_type = catalog_.find("supplier");
    for (const char* item :
         {R"({"type":"order","id":3})",
          R"({"specversion":"1.0","id":"o","source":"/s","type":"order","data":{"id":3}})"}) {
        const auto decoded = decoder_.decode_item(item, envelope_, "f");
        ASSERT_FALSE(decoded) << item;
        EXPECT_EQ(decoded.error().violations.at(0).pointer, "/type");
    }
}

TEST_F(DecoderTest, RefusesWhatTheTransportGotWrong) {
    constexpr std::string_view kOrder = R"({"type":"order","data":{"id":1}})";
    envelope_.source = "s3://b/\xff";
    EXPECT_EQ(rejection_of(kOrder).kind, Rejection::Kind::malformed);
    envelope_.source = "/api";
    envelope_.idempotency_key = std::string(129, 'k');
    EXPECT_EQ(rejection_of(kOrder).kind, Rejection::Kind::malformed);
    envelope_.idempotency_key.clear();
    envelope_.content_type = "application/json; charset=\xff";
    EXPECT_EQ(rejection_of(kOrder).kind, Rejection::Kind::unsupported_format);
}

TEST_F(DecoderTest, ReadsContentTypesInAnyCaseWithParameters) {
    for (const char* type : {"", "application/json", "Application/JSON ; Charset=\"UTF-8\"",
                             "application/json;charset=utf8;v=1"}) {
        envelope_.content_type = type;
        EXPECT_EQ(event_of(R"({"type":"order","id":1})").subject, "1") << type;
    }
    for (const char* type : {"text/plain", "application/json; charset=latin1", "json",
                             "application/x-ndjson; charset=utf-16"}) {
        envelope_.content_type = type;
        EXPECT_EQ(rejection_of(R"({"type":"order","id":1})").kind,
                  Rejection::Kind::unsupported_format)
            << type;
    }
}

}  // namespace
}  // namespace tributary::event
