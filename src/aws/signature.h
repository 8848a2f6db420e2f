#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "http/message.h"

namespace tributary::aws {

struct Credentials {
    std::string access_key_id;
    std::string secret_access_key;
    std::string session_token;  ///< Empty for long-lived keys.
};

/// What a signature is good for.
struct Scope {
    std::string region;   ///< `eu-central-1`
    std::string service;  ///< `s3`, `lambda`, `sqs`, `secretsmanager`
};

/// Lower-case hexadecimal SHA-256, as signatures name a body.
std::string sha256_hex(std::string_view bytes);

/// Signs a request with Signature Version 4: adds X-Amz-Date, X-Amz-Security-Token where there is a
/// session, and Authorization. Call it last, for every header that is there is signed, except
/// User-Agent and X-Amzn-Trace-Id. `request.target` must be the whole path and query as they are
/// sent, `host` the Host field, `body_hash` the `sha256_hex` of the body. S3 takes the path as it
/// is sent; every other service wants it encoded once more.
void sign(http::Request& request, std::string_view host, std::string_view body_hash,
          const Credentials& credentials, const Scope& scope, Timestamp now);

}  // namespace tributary::aws
