#include "batch_import/s3_event.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "http/message.h"

namespace tributary::batch_import {
namespace {

namespace json = boost::json;

/// The text at a JSON pointer; empty where there is none.
std::string text_at(const json::value& value, std::string_view pointer) {
    json::error_code error;
    const json::value* const found = value.find_pointer(pointer, error);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::string_view beginning_of(std::string_view text) {
    return text.substr(0, 200);
}

bool is_creation(std::string_view event_name) {
    if (event_name.starts_with("s3:")) event_name.remove_prefix(3);
    return event_name.starts_with("ObjectCreated:");
}

std::unexpected<Error> unreadable(const json::value& record) {
    return fail(ErrorCode::invalid_input,
                fmt::format("A record of the S3 notification names no bucket and key that can be "
                            "read: {}",
                            beginning_of(json::serialize(record))));
}

Result<CreatedObject> object_of(const json::value& record) {
    const std::string bucket = text_at(record, "/s3/bucket/name");
    const std::string key = text_at(record, "/s3/object/key");
    auto decoded = http::percent_decode(key, true);
    if (bucket.empty() || key.empty() || !decoded) return unreadable(record);
    std::string version = text_at(record, "/s3/object/versionId");
    if (version == "null") version.clear();
    return CreatedObject{object_store::ObjectId(bucket, std::move(*decoded)), std::move(version),
                         json::serialize(record)};
}

/// EventBridge's words for what a notification's record says.
Result<void> add_bridged(S3Event& event, const json::value& bridged) {
    if (text_at(bridged, "/detail-type") != "Object Created") return {};
    const std::string bucket = text_at(bridged, "/detail/bucket/name");
    const std::string key = text_at(bridged, "/detail/object/key");
    if (bucket.empty() || key.empty()) return unreadable(bridged);
    const std::string version = text_at(bridged, "/detail/object/version-id");
    json::object object{{"key", http::percent_encode(key)},
                        {"eTag", text_at(bridged, "/detail/object/etag")}};
    if (!version.empty()) object["versionId"] = version;
    auto created = object_of(json::object{
        {"eventSource", "aws:s3"},
        {"eventName", "ObjectCreated:" + text_at(bridged, "/detail/reason")},
        {"s3", json::object{{"bucket", json::object{{"name", bucket}}}, {"object", object}}}});
    if (!created) return std::unexpected(created.error());
    event.objects.push_back(std::move(*created));
    return {};
}

/// What one message of SNS carries.
Result<void> add_message(S3Event& event, const std::string& text) {
    auto carried = parse_s3_event(text);
    if (!carried) return std::unexpected(carried.error());
    for (CreatedObject& object : carried->objects) event.objects.push_back(std::move(object));
    return {};
}

Result<void> add_record(S3Event& event, const json::value& record) {
    const std::string source = text_at(record, "/eventSource");
    if (source == "aws:sqs") {
        event.is_from_sqs = true;
        event.messages.push_back({text_at(record, "/messageId"), text_at(record, "/body"),
                                  text_at(record, "/receiptHandle"),
                                  text_at(record, "/eventSourceARN")});
        return {};
    }
    if (text_at(record, "/EventSource") == "aws:sns") {
        return add_message(event, text_at(record, "/Sns/Message"));
    }
    // `aws:s3`; MinIO says `minio:s3`.
    if (!source.ends_with(":s3")) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("A record comes from \"{}\"; notifications of S3 are expected, "
                                "directly or through SNS or SQS.",
                                source));
    }
    if (!is_creation(text_at(record, "/eventName"))) return {};
    auto object = object_of(record);
    if (!object) return std::unexpected(object.error());
    event.objects.push_back(std::move(*object));
    return {};
}

void read_continuation(S3Event& event, const json::value& parsed) {
    json::error_code error;
    const json::value* const count = parsed.find_pointer("/tributary/continuation", error);
    if (count == nullptr || !count->is_int64()) return;
    event.continuation = count->as_int64();
    const std::string version = text_at(parsed, "/tributary/version");
    if (!version.empty() && event.objects.size() == 1) event.objects.front().version = version;
}

}  // namespace

Result<S3Event> parse_s3_event(std::string_view text) {
    json::error_code error;
    const json::value parsed = json::parse(text, error);
    S3Event event;
    if (!error && text_at(parsed, "/Event") == "s3:TestEvent") return event;
    if (!error && text_at(parsed, "/Type") == "Notification") {
        if (auto added = add_message(event, text_at(parsed, "/Message")); !added) {
            return std::unexpected(added.error());
        }
        return event;
    }
    if (!error && text_at(parsed, "/source") == "aws.s3") {
        if (auto added = add_bridged(event, parsed); !added) return std::unexpected(added.error());
        return event;
    }
    const json::value* const records = error ? nullptr : parsed.find_pointer("/Records", error);
    if (records == nullptr || !records->is_array()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("This is no S3 notification (directly, from SNS, SQS or "
                                "EventBridge), since it has no list \"Records\": {}",
                                beginning_of(text)));
    }
    for (const json::value& record : records->as_array()) {
        if (auto added = add_record(event, record); !added) return std::unexpected(added.error());
    }
    read_continuation(event, parsed);
    return event;
}

std::string continuation_event(const CreatedObject& object, const std::string& version,
                               std::int64_t continuation) {
    return fmt::format(
        R"({{"Records":[{}],"tributary":{}}})", object.record,
        json::serialize(json::object{{"continuation", continuation}, {"version", version}}));
}

std::string sqs_response(const std::vector<std::string>& failed_message_ids) {
    json::array failures;
    for (const std::string& id : failed_message_ids) {
        failures.push_back(json::object{{"itemIdentifier", id}});
    }
    return json::serialize(json::object{{"batchItemFailures", std::move(failures)}});
}

}  // namespace tributary::batch_import
