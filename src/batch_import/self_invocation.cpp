#include "batch_import/self_invocation.h"

#include <chrono>
#include <fmt/format.h>
#include <utility>

namespace tributary::batch_import {
namespace {

constexpr std::chrono::milliseconds kLimit{5'000};
constexpr int kAccepted = 202;

}  // namespace

SelfInvocation::SelfInvocation(http::Url endpoint, std::string function_name)
    : endpoint_(std::move(endpoint)), function_name_(std::move(function_name)) {
}

Result<void> SelfInvocation::invoke(const std::string& payload) const {
    http::Request request;
    request.method = "POST";
    request.target =
        "/2015-03-31/functions/" + http::percent_encode(function_name_, true) + "/invocations";
    request.headers.add("X-Amz-Invocation-Type", "Event");
    request.headers.add("Content-Type", "application/json");
    request.body = payload;
    // Twice is harmless: the ids of both runs are the same.
    const auto response = http::Client(endpoint_).send(std::move(request), kLimit, true);
    if (!response) return std::unexpected(response.error());
    if (response->status != kAccepted) {
        return fail(ErrorCode::unavailable,
                    fmt::format("Lambda answered {} instead of 202 to the invocation of {}: {}",
                                response->status, function_name_, response->body.substr(0, 500)));
    }
    return {};
}

}  // namespace tributary::batch_import
