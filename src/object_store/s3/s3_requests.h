#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "aws/service_client.h"
#include "base/result.h"
#include "object_store/object_store.h"
#include "object_store/s3/s3_address.h"

namespace tributary::object_store {

/// What pins every request to one version of an object: its versionId, or its ETag.
struct S3Pin {
    std::string version_id;
    std::string etag;  ///< Without quotes.

    /// From a stored version, told by its looks; neither where it is empty.
    static S3Pin of(const std::string& version);
    [[nodiscard]] const std::string& version() const {
        return version_id.empty() ? etag : version_id;
    }
};

struct S3ObjectHead {
    S3Pin pin;
    std::uint64_t size = 0;
};

/// The requests that S3 knows, one by one. Thread-safe as `client` is, which must outlive this.
class S3Requests {
public:
    S3Requests(aws::ServiceClient& client, http::Url endpoint, S3Addressing addressing)
        : client_(client), endpoint_(std::move(endpoint)), addressing_(addressing) {}

    /// `not_found`; `conflict` where the pin holds another version than is there now.
    Result<S3ObjectHead> head(const ObjectId& object, const S3Pin& pin);
    /// Why a HEAD was answered so: it has no body, and a GET of the same has. `not_found` only
    /// where S3 says that this object or version is not there, which a wrong address or bucket does
    /// not.
    Error reason_behind(int status, const ObjectId& object, const S3Pin& pin);
    /// One try for the bytes [first, last], which must be there, appended to `content` as they
    /// come. On an error what came until then stays in `content` and is good. `retry_later` where
    /// another try may do better.
    Result<void> get_once(const ObjectId& object, const S3Pin& pin, std::uint64_t first,
                          std::uint64_t last, std::string& content);
    /// A request whose answer matters only for its headers and body; 2xx, or the port's error.
    Result<http::Response> send(std::string_view method, const ObjectId& object,
                                const std::string& query, std::string_view body = {});

    [[nodiscard]] aws::ServiceClient& client() { return client_; }

private:
    [[nodiscard]] S3BucketAddress address_of(const std::string& bucket) const {
        return S3BucketAddress::of(endpoint_, bucket, addressing_);
    }

    aws::ServiceClient& client_;
    const http::Url endpoint_;
    const S3Addressing addressing_;
};

/// What S3's refusal of a request means for the port.
Error s3_error(std::string_view method, const ObjectId& object, const http::Response& response);

}  // namespace tributary::object_store
