#pragma once

#include <string>

#include "base/clock.h"
#include "lambda_runtime/invoker.h"

namespace tributary::gateway {

/// What Lambda sends to a failure destination (record version 1.0): the event, how often it was
/// tried, and what the last try came to.
std::string failure_record(const std::string& function_arn, const std::string& event, int tries,
                           const lambda_runtime::InvocationFailure& failure, Timestamp time);

}  // namespace tributary::gateway
