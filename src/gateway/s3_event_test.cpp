#include "gateway/s3_event.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tributary::gateway {
namespace {

constexpr Timestamp kTime{std::chrono::milliseconds(1'780'000'000'123)};

boost::json::value event_about(const std::string& key) {
    return boost::json::parse(
        s3_event("bucket", "eu-west-1", ObjectVersion(key, "12-34-56", 12), kTime, 255));
}

TEST(S3Event, HasTheShapeThatAwsDocuments) {
    const auto event = event_about("orders.json");
    const auto& record = event.at_pointer("/Records/0").as_object();
    EXPECT_EQ(event.at("Records").as_array().size(), 1U);
    EXPECT_EQ(record.at("eventVersion"), "2.1");
    EXPECT_EQ(record.at("eventSource"), "aws:s3");
    EXPECT_EQ(record.at("awsRegion"), "eu-west-1");
    EXPECT_EQ(record.at("eventTime"), "2026-05-28T20:26:40.123Z");
    EXPECT_EQ(record.at("eventName"), "ObjectCreated:Put");
    EXPECT_TRUE(record.contains("userIdentity"));
    EXPECT_TRUE(record.contains("requestParameters"));
    EXPECT_TRUE(record.contains("responseElements"));
    EXPECT_EQ(event.at_pointer("/Records/0/s3/s3SchemaVersion"), "1.0");
    EXPECT_EQ(event.at_pointer("/Records/0/s3/bucket/name"), "bucket");
    EXPECT_EQ(event.at_pointer("/Records/0/s3/bucket/arn"), "arn:aws:s3:::bucket");
    EXPECT_EQ(event.at_pointer("/Records/0/s3/object/key"), "orders.json");
    EXPECT_EQ(event.at_pointer("/Records/0/s3/object/size").to_number<int>(), 12);
    EXPECT_EQ(event.at_pointer("/Records/0/s3/object/eTag"), "12-34-56");
    EXPECT_EQ(event.at_pointer("/Records/0/s3/object/sequencer"), "00000000000000FF");
}

TEST(S3Event, EncodesKeysAsS3Does) {
    EXPECT_EQ(event_about("in box/Größe+1.json").at_pointer("/Records/0/s3/object/key"),
              "in+box/Gr%C3%B6%C3%9Fe%2B1.json");
}

TEST(S3Event, IsReadBack) {
    const ObjectVersion object("in box/Größe+100%20.json", "12-34-56", 12);
    const auto read = object_of_event(s3_event("bucket", "eu-west-1", object, kTime, 1));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->key, object.key);
    EXPECT_EQ(read->version, object.version);
    EXPECT_EQ(read->size, 12U);
}

TEST(S3Event, IsNotReadFromOtherThings) {
    for (const auto* text : {"", "[]", "{}", R"({"Records":[]})", R"({"Records":[{},{}]})",
                             R"({"Records":[{"s3":{"object":{"key":"a"}}}]})",
                             R"({"Records":[{"s3":{"object":{"key":"%","eTag":"1"}}}]})"}) {
        EXPECT_FALSE(object_of_event(text)) << text;
    }
}

}  // namespace
}  // namespace tributary::gateway
