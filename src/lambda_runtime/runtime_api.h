#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "lambda_runtime/client.h"

/// The words of the Runtime API, 2018-06-01, which both of its ends must spell alike.
namespace tributary::lambda_runtime {

inline constexpr std::string_view kNextPath = "/2018-06-01/runtime/invocation/next";
inline constexpr std::string_view kInvocationPrefix = "/2018-06-01/runtime/invocation/";
inline constexpr std::string_view kResponseSuffix = "/response";
inline constexpr std::string_view kErrorSuffix = "/error";
inline constexpr std::string_view kInitErrorPath = "/2018-06-01/runtime/init/error";

inline constexpr std::string_view kRequestIdHeader = "Lambda-Runtime-Aws-Request-Id";
inline constexpr std::string_view kDeadlineHeader = "Lambda-Runtime-Deadline-Ms";
inline constexpr std::string_view kTraceHeader = "Lambda-Runtime-Trace-Id";
inline constexpr std::string_view kArnHeader = "Lambda-Runtime-Invoked-Function-Arn";
inline constexpr std::string_view kErrorTypeHeader = "Lambda-Runtime-Function-Error-Type";

/// `{"errorMessage":…,"errorType":…,"stackTrace":[]}`.
std::string error_body(const FunctionError& error);
/// Reads such a body; whatever is missing in it is replaced by the text itself.
FunctionError parse_error_body(std::string_view body);

}  // namespace tributary::lambda_runtime
