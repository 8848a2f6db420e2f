#include "object_store/s3/s3_requests.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <utility>

#include "aws/service_error.h"

namespace tributary::object_store {
namespace {

bool is_etag(std::string_view version) {
    const std::string_view digest = version.substr(0, version.find('-'));
    const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (digest.size() != 32 || !std::ranges::all_of(digest, is_hex)) return false;
    const std::string_view parts = version.substr(digest.size());
    return parts.empty() || (parts.size() > 1 && std::ranges::all_of(parts.substr(1), [](char c) {
                                 return c >= '0' && c <= '9';
                             }));
}

std::string without_quotes(std::string_view etag) {
    if (etag.starts_with("W/")) etag.remove_prefix(2);
    if (etag.size() >= 2 && etag.starts_with('"') && etag.ends_with('"')) {
        etag = etag.substr(1, etag.size() - 2);
    }
    return std::string(etag);
}

http::Request request_of(std::string_view method, const S3BucketAddress& address,
                         const std::string& key, const S3Pin& pin) {
    http::Request request;
    request.method = method;
    request.target = address.target(
        key,
        pin.version_id.empty() ? "" : "versionId=" + http::percent_encode(pin.version_id, true));
    if (pin.version_id.empty() && !pin.etag.empty()) {
        request.headers.add("If-Match", "\"" + pin.etag + "\"");
    }
    return request;
}

std::string name_of(const ObjectId& object) {
    return fmt::format("s3://{}/{}", object.bucket, object.key);
}

std::string advice_for(const aws::ServiceError& error, const http::Response& response) {
    const std::string_view region = response.headers.get("x-amz-bucket-region");
    if (error.code == "SignatureDoesNotMatch" || error.code == "InvalidAccessKeyId" ||
        error.code == "ExpiredToken" || error.code == "InvalidToken") {
        return "Check the credentials: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, "
               "AWS_SESSION_TOKEN.";
    }
    if (error.code == "NoSuchBucket") return "Check the bucket's name and AWS_ENDPOINT_URL_S3.";
    if (!region.empty() && (response.status == 301 || response.status == 400)) {
        return fmt::format("The bucket is in the region {}; set AWS_REGION to it.", region);
    }
    if (response.status == 403) {
        return "Check what the function's role may do with this bucket: s3:GetObject (and "
               "s3:GetObjectVersion where it keeps versions), s3:PutObject and s3:DeleteObject, "
               "and s3:ListBucket, without which S3 says 403 for objects that are not there.";
    }
    return "";
}

ErrorCode code_for(const aws::ServiceError& error, int status) {
    if (status == 412 || error.code == "PreconditionFailed") return ErrorCode::conflict;
    if (error.code == "NoSuchBucket") return ErrorCode::unavailable;
    // 405 is S3's answer for a version that is only the mark of a deletion.
    if (status == 404 || status == 405) return ErrorCode::not_found;
    if (error.code == "KeyTooLongError" || error.code == "XMinioInvalidObjectName") {
        return ErrorCode::invalid_input;
    }
    return ErrorCode::unavailable;
}

}  // namespace

S3Pin S3Pin::of(const std::string& version) {
    S3Pin pin;
    (is_etag(version) ? pin.etag : pin.version_id) = version;
    return pin;
}

Error s3_error(std::string_view method, const ObjectId& object, const http::Response& response) {
    const aws::ServiceError error = aws::error_of(response);
    std::string sentence =
        fmt::format("S3 answered {} {} to {} {}{}{}.", response.status,
                    error.code.empty() ? "without a reason" : error.code, method, name_of(object),
                    error.message.empty() ? "" : ": ", error.message);
    if (sentence.ends_with("..")) sentence.pop_back();
    const std::string advice = advice_for(error, response);
    if (!advice.empty()) sentence += " " + advice;
    return {code_for(error, response.status), std::move(sentence)};
}

Result<S3ObjectHead> S3Requests::head(const ObjectId& object, const S3Pin& pin) {
    const S3BucketAddress address = address_of(object.bucket);
    S3Pin version_only;
    version_only.version_id = pin.version_id;
    const auto response =
        client_.send(address.server, request_of("HEAD", address, object.key, version_only));
    if (!response) return std::unexpected(response.error());
    if (response->status == 404) return std::unexpected(s3_error("HEAD", object, *response));
    if (response->status != 200) {
        return std::unexpected(reason_behind(response->status, object, pin));
    }

    S3ObjectHead head;
    const std::string_view length = response->headers.get("Content-Length");
    std::from_chars(length.data(), length.data() + length.size(), head.size);
    head.pin.version_id = response->headers.get("x-amz-version-id");
    if (head.pin.version_id == "null") head.pin.version_id.clear();
    head.pin.etag = without_quotes(response->headers.get("ETag"));
    if (pin.version_id.empty() && !pin.etag.empty() && head.pin.etag != pin.etag) {
        return fail(ErrorCode::conflict,
                    fmt::format("{} has version {} by now, not {}.", name_of(object),
                                head.pin.version(), pin.etag));
    }
    // Whoever pinned an ETag goes on with it, also where versions are kept by now.
    if (!pin.etag.empty()) head.pin.version_id.clear();
    return head;
}

Error S3Requests::reason_behind(int status, const ObjectId& object, const S3Pin& pin) {
    const S3BucketAddress address = address_of(object.bucket);
    http::Request request = request_of("GET", address, object.key, pin);
    request.headers.add("Range", "bytes=0-0");
    const auto answer = client_.send(address.server, request);
    if (!answer) return answer.error();
    http::Response bare;
    bare.status = status;
    Error reason = s3_error("HEAD", object, answer->status == status ? *answer : bare);
    if (status != 404 || aws::error_of(*answer).code.starts_with("NoSuch")) return reason;
    return {ErrorCode::unavailable,
            reason.message + " That is no answer of S3; check AWS_ENDPOINT_URL_S3."};
}

Result<void> S3Requests::get_once(const ObjectId& object, const S3Pin& pin, std::uint64_t first,
                                  std::uint64_t last, std::string& content) {
    const S3BucketAddress address = address_of(object.bucket);
    http::Request request = request_of("GET", address, object.key, pin);
    request.headers.add("Range", fmt::format("bytes={}-{}", first, last));
    const std::uint64_t expected = last - first + 1;
    const std::size_t begin = content.size();
    const http::Client::BodyTarget target = [&](std::string_view piece) -> Result<void> {
        if (content.size() - begin + piece.size() > expected) {
            return fail(ErrorCode::corrupt_data,
                        fmt::format("The answer to a range of {} is longer than the range; its "
                                    "server does not know ranges.",
                                    name_of(object)));
        }
        content.append(piece);
        return {};
    };
    const auto response = client_.download_once(address.server, request, target);
    if (client_.renews_credentials(response)) {
        return fail(ErrorCode::retry_later, "The credentials had expired.");
    }
    const bool may_pass = aws::ServiceClient::is_worth_another_try(response);
    if (!response) {
        return fail(may_pass ? ErrorCode::retry_later : response.error().code,
                    response.error().message);
    }
    if (response->status == 206 || (response->status == 200 && first == 0)) return {};
    if (response->status == 200) {
        content.resize(begin);
        return fail(ErrorCode::corrupt_data,
                    fmt::format("The server does not know ranges: it answered 200 to one of {}.",
                                name_of(object)));
    }
    Error error = s3_error("GET", object, *response);
    if (may_pass) error.code = ErrorCode::retry_later;
    return std::unexpected(std::move(error));
}

Result<http::Response> S3Requests::send(std::string_view method, const ObjectId& object,
                                        const std::string& query, std::string_view body) {
    const S3BucketAddress address = address_of(object.bucket);
    http::Request request;
    request.method = method;
    request.target = address.target(object.key, query);
    auto response = client_.send(address.server, request, body);
    if (!response) return response;
    if (response->status / 100 != 2) return std::unexpected(s3_error(method, object, *response));
    return response;
}

}  // namespace tributary::object_store
