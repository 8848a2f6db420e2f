#pragma once

#include <string>

#include "base/result.h"
#include "http/client.h"

namespace tributary::batch_import {

/// Invokes this very function once more, asynchronously, over Lambda's Invoke API.
class SelfInvocation {
public:
    /// `endpoint` is AWS_ENDPOINT_URL_LAMBDA.
    SelfInvocation(http::Url endpoint, std::string function_name);

    /// Success once the event is accepted; `unavailable` with the answer where it is not.
    [[nodiscard]] Result<void> invoke(const std::string& payload) const;

private:
    http::Url endpoint_;
    std::string function_name_;
};

}  // namespace tributary::batch_import
