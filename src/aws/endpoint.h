#pragma once

#include <string>

#include "base/result.h"
#include "http/client.h"

namespace tributary::aws {

/// Where a service is: `custom` if it is given (AWS_ENDPOINT_URL_…), else AWS's own server of that
/// service and region. `invalid_input` where the URL is none, or there is neither it nor a region.
Result<http::Url> endpoint_of(const std::string& service, const std::string& region,
                              const std::string& custom);

/// The parts of `arn:aws:sqs:eu-central-1:123456789012:queue`.
struct Arn {
    std::string service;
    std::string region;
    std::string account;
    std::string resource;  ///< All that follows; may have colons.
    static Result<Arn> parse(std::string_view text);
};

}  // namespace tributary::aws
