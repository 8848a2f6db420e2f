#include "batch_import/s3_event.h"

#include <gtest/gtest.h>
#include <string>

namespace tributary::batch_import {
namespace {

std::string record(const std::string& name, const std::string& object) {
    return R"({"eventVersion":"2.1","eventSource":"aws:s3","eventName":")" + name +
           R"(","s3":{"bucket":{"name":"uploads"},"object":)" + object + "}}";
}

std::string event_of(const std::string& records) {
    return R"({"Records":[)" + records + "]}";
}

TEST(S3Event, DecodesTheKeyAndPinsTheVersionId) {
    const auto event = parse_s3_event(event_of(
        record("ObjectCreated:Put", R"({"key":"a+b%2Bc/%C3%A9.json","versionId":"v1"})") + "," +
        record("ObjectCreated:CompleteMultipartUpload",
               R"({"key":"orders.json","versionId":"null","eTag":"e"})")));
    ASSERT_TRUE(event) << event.error().message;
    ASSERT_EQ(event->objects.size(), 2U);
    EXPECT_EQ(event->objects[0].id.bucket, "uploads");
    EXPECT_EQ(event->objects[0].id.key, "a b+c/\xC3\xA9.json");
    EXPECT_EQ(event->objects[0].version, "v1");
    EXPECT_EQ(event->objects[1].version, "");
    EXPECT_FALSE(event->is_from_sqs);
    EXPECT_EQ(event->continuation, 0);
}

TEST(S3Event, LeavesOutWhatCreatesNothing) {
    for (const std::string& text :
         {event_of(record("ObjectRemoved:Delete", R"({"key":"a"})")),
          event_of(record("s3:ObjectRemoved:Delete", R"({"key":"a"})")), event_of(""),
          std::string(R"({"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"})")}) {
        const auto event = parse_s3_event(text);
        ASSERT_TRUE(event) << text;
        EXPECT_TRUE(event->objects.empty()) << text;
    }
}

TEST(S3Event, ReadsTheMessagesOfAQueue) {
    const auto event =
        parse_s3_event(event_of(R"({"messageId":"m1","eventSource":"aws:sqs","body":"{}"},)"
                                R"({"messageId":"m2","eventSource":"aws:sqs","body":"x"})"));
    ASSERT_TRUE(event);
    EXPECT_TRUE(event->is_from_sqs);
    ASSERT_EQ(event->messages.size(), 2U);
    EXPECT_EQ(event->messages[1].id, "m2");
    EXPECT_EQ(event->messages[1].body, "x");
}

TEST(S3Event, TakesTheKeysOfEventBridgeLiterally) {
    const std::string text =
        R"({"version":"0","detail-type":"Object Created","source":"aws.s3","detail":{)"
        R"("bucket":{"name":"uploads"},"object":{"key":"a+b%2B c.json","version-id":"v1",)"
        R"("etag":"e","size":7},"reason":"PutObject"}})";
    const auto event = parse_s3_event(text);
    ASSERT_TRUE(event) << event.error().message;
    ASSERT_EQ(event->objects.size(), 1U);
    EXPECT_EQ(event->objects[0].id.key, "a+b%2B c.json");
    EXPECT_EQ(event->objects[0].version, "v1");
    const auto next = parse_s3_event(continuation_event(event->objects[0], "v1", 1));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->objects[0].id.key, "a+b%2B c.json");

    std::string deleted = text;
    deleted.replace(deleted.find("Created"), 7, "Deleted");
    EXPECT_TRUE(parse_s3_event(deleted)->objects.empty());
}

TEST(S3Event, OpensTheEnvelopeOfSns) {
    const std::string inner =
        R"({\"Records\":[{\"eventSource\":\"aws:s3\",\"eventName\":\"ObjectCreated:Put\",)"
        R"(\"s3\":{\"bucket\":{\"name\":\"b\"},\"object\":{\"key\":\"a+b\"}}}]})";
    const auto in_queue = parse_s3_event(R"({"Type":"Notification","Message":")" + inner + R"("})");
    ASSERT_TRUE(in_queue) << in_queue.error().message;
    EXPECT_EQ(in_queue->objects.at(0).id.key, "a b");
    const auto direct = parse_s3_event(
        event_of(R"({"EventSource":"aws:sns","Sns":{"Message":")" + inner + R"("}})"));
    ASSERT_TRUE(direct) << direct.error().message;
    EXPECT_EQ(direct->objects.at(0).id.key, "a b");
    EXPECT_FALSE(direct->is_from_sqs);
    EXPECT_FALSE(parse_s3_event(R"({"Type":"Notification","Message":"hello"})"));
}

TEST(S3Event, UnderstandsMinio) {
    const auto event =
        parse_s3_event(R"({"EventName":"s3:ObjectCreated:Put","Key":"b/orders.json","Records":[{)"
                       R"("eventSource":"minio:s3","eventName":"s3:ObjectCreated:Put",)"
                       R"("s3":{"bucket":{"name":"b"},"object":{"key":"orders.json"}}}]})");
    ASSERT_TRUE(event) << event.error().message;
    EXPECT_EQ(event->objects.at(0).id.key, "orders.json");
}

TEST(S3Event, RefusesEverythingElseWithASentence) {
    for (const std::string& text :
         {std::string(""), std::string("{"), std::string("[]"), std::string("null"),
          std::string(R"({"httpMethod":"GET"})"), std::string(R"({"Records":{}})"),
          event_of(R"({"eventSource":"aws:sns"})"), event_of("7"),
          event_of(record("ObjectCreated:Put", "{}")),
          event_of(record("ObjectCreated:Put", R"({"key":"%zz"})"))}) {
        const auto event = parse_s3_event(text);
        ASSERT_FALSE(event) << text;
        EXPECT_EQ(event.error().code, ErrorCode::invalid_input);
        EXPECT_GT(event.error().message.size(), 40U);
    }
}

TEST(S3Event, AContinuationGoesOnWithTheSameObjectAndVersion) {
    const auto first =
        parse_s3_event(event_of(record("ObjectCreated:Put", R"({"key":"orders+1.json"})")));
    const auto next = parse_s3_event(continuation_event(first->objects[0], "v\"7", 3));
    ASSERT_TRUE(next) << next.error().message;
    EXPECT_EQ(next->continuation, 3);
    ASSERT_EQ(next->objects.size(), 1U);
    EXPECT_EQ(next->objects[0].id.key, "orders 1.json");
    EXPECT_EQ(next->objects[0].version, "v\"7");
}

TEST(S3Event, WritesAPartialBatchResponse) {
    EXPECT_EQ(sqs_response({}), R"({"batchItemFailures":[]})");
    EXPECT_EQ(sqs_response({"a", "b"}),
              R"({"batchItemFailures":[{"itemIdentifier":"a"},{"itemIdentifier":"b"}]})");
}

}  // namespace
}  // namespace tributary::batch_import
