#pragma once

#include <string>

#include "base/result.h"
#include "http/client.h"

namespace tributary::object_store {

/// How a bucket is named in a request: in the host (`bucket.s3.…`), as AWS wants it, or in the
/// path, as most others do.
enum class S3Addressing { automatic, path, virtual_host };

/// Where one bucket is asked.
struct S3BucketAddress {
    http::Url server;
    std::string prefix;  ///< What stands before every key's `/`: `/bucket`, or nothing.

    /// `automatic`: in the path where the endpoint is not AWS's own, or where the bucket's name has
    /// dots, which no certificate of AWS covers.
    static S3BucketAddress of(const http::Url& endpoint, const std::string& bucket,
                              S3Addressing addressing);
    /// Path and, if there is one, query; `key` empty for the bucket itself.
    [[nodiscard]] std::string target(const std::string& key, const std::string& query = "") const;
};

/// `invalid_input` for keys that S3 cannot hold: empty, or longer than 1,024 bytes.
Result<void> check_key(const std::string& key);

}  // namespace tributary::object_store
