#include "gateway/s3_event.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include "base/rfc3339.h"
#include "http/message.h"

namespace tributary::gateway {
namespace {

namespace json = boost::json;

/// `a b+c` becomes `a+b%2Bc`; slashes stay.
std::string encode_key(std::string_view key) {
    std::string encoded = http::percent_encode(key);
    for (auto at = encoded.find("%20"); at != std::string::npos; at = encoded.find("%20", at)) {
        encoded.replace(at, 3, "+");
    }
    return encoded;
}

}  // namespace

std::string s3_event(std::string_view bucket, std::string_view region, const ObjectVersion& object,
                     Timestamp time, std::uint64_t sequencer) {
    const std::string number = fmt::format("{:016X}", sequencer);
    json::object s3{
        {"s3SchemaVersion", "1.0"},
        {"configurationId", "tributary"},
        {"bucket", json::object{{"name", bucket},
                                {"ownerIdentity", json::object{{"principalId", "local"}}},
                                {"arn", fmt::format("arn:aws:s3:::{}", bucket)}}},
        {"object", json::object{{"key", encode_key(object.key)},
                                {"size", object.size},
                                {"eTag", object.version},
                                {"sequencer", number}}},
    };
    json::object record{
        {"eventVersion", "2.1"},
        {"eventSource", "aws:s3"},
        {"awsRegion", region},
        {"eventTime", format_rfc3339(time)},
        {"eventName", "ObjectCreated:Put"},
        {"userIdentity", json::object{{"principalId", "local"}}},
        {"requestParameters", json::object{{"sourceIPAddress", "127.0.0.1"}}},
        {"responseElements", json::object{{"x-amz-request-id", number}, {"x-amz-id-2", number}}},
        {"s3", std::move(s3)},
    };
    return json::serialize(json::object{{"Records", json::array{std::move(record)}}});
}

Result<ObjectVersion> object_of_event(std::string_view event) {
    const auto wrong = [] {
        return fail(ErrorCode::invalid_input,
                    "Only S3 events with one record, which names key and version of an object, "
                    "can be invoked asynchronously here.");
    };
    boost::system::error_code error;
    const json::value parsed = json::parse(event, error);
    if (error) return wrong();
    const json::value* records = parsed.find_pointer("/Records", error);
    if (records == nullptr || !records->is_array() || records->as_array().size() != 1) {
        return wrong();
    }
    const json::value* object = parsed.find_pointer("/Records/0/s3/object", error);
    if (object == nullptr || !object->is_object()) return wrong();
    const json::value* key = object->as_object().if_contains("key");
    const json::value* version = object->as_object().if_contains("eTag");
    if (key == nullptr || !key->is_string() || version == nullptr || !version->is_string()) {
        return wrong();
    }
    auto decoded = http::percent_decode(key->as_string(), true);
    if (!decoded) return wrong();
    const json::value* size = object->as_object().if_contains("size");
    const bool has_size = size != nullptr && size->is_number();
    boost::system::error_code not_whole;
    const auto bytes = has_size ? size->to_number<std::uint64_t>(not_whole) : 0;
    return ObjectVersion(std::move(*decoded), std::string(version->as_string()),
                         not_whole ? 0 : bytes);
}

}  // namespace tributary::gateway
