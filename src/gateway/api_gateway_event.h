#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "http/message.h"

/// API Gateway's two event formats, and its proxy responses.
namespace tributary::gateway {

enum class PayloadVersion {
    rest,  ///< REST API, payload 1.0.
    http,  ///< HTTP API, payload 2.0.
};

/// What API Gateway knows of a request beside the request itself.
struct RequestFacts {
    std::string request_id;
    std::string trace_id;  ///< X-Amzn-Trace-Id
    Timestamp time;
};

/// The trace of a request in Amazon's form: its own X-Amzn-Trace-Id, else made from its
/// `traceparent`, else new from `request_id` (a UUID) and `time`.
std::string trace_id_of(const http::Request& request, const std::string& request_id,
                        Timestamp time);

/// The event that a Lambda proxy integration gets. The body is text where it is UTF-8, else base64.
/// Our server decompresses gzip and zstd bodies, and takes Content-Encoding away with that.
std::string to_event(PayloadVersion version, const http::Request& request,
                     const RequestFacts& facts);

/// The HTTP response that the function's answer describes. `corrupt_data` where API Gateway would
/// call it a malformed Lambda proxy response. With payload 2.0, JSON without a `statusCode` is the
/// body of a 200.
Result<http::Response> from_proxy_response(PayloadVersion version, const std::string& answer);

}  // namespace tributary::gateway
