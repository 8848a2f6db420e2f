#include "object_store/s3/s3_address.h"

#include <fmt/format.h>

#include "http/message.h"

namespace tributary::object_store {
namespace {

constexpr std::size_t kMaxKeyBytes = 1'024;

bool is_awss_own(const http::Url& endpoint) {
    return endpoint.host.ends_with(".amazonaws.com") ||
           endpoint.host.ends_with(".amazonaws.com.cn");
}

}  // namespace

S3BucketAddress S3BucketAddress::of(const http::Url& endpoint, const std::string& bucket,
                                    S3Addressing addressing) {
    const bool has_dots = bucket.find('.') != std::string::npos;
    const bool in_host = addressing == S3Addressing::virtual_host ||
                         (addressing == S3Addressing::automatic && is_awss_own(endpoint) &&
                          !has_dots && !bucket.empty());
    S3BucketAddress address{endpoint, ""};
    if (in_host) {
        address.server.host = bucket + "." + endpoint.host;
    } else {
        address.prefix = "/" + http::percent_encode(bucket, true);
    }
    return address;
}

std::string S3BucketAddress::target(const std::string& key, const std::string& query) const {
    std::string target = prefix;
    if (!key.empty() || target.empty()) target += "/" + http::percent_encode(key);
    return query.empty() ? target : target + "?" + query;
}

Result<void> check_key(const std::string& key) {
    if (!key.empty() && key.size() <= kMaxKeyBytes) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("A key of {} bytes cannot be stored in S3; 1 to {} are allowed.",
                            key.size(), kMaxKeyBytes));
}

}  // namespace tributary::object_store
