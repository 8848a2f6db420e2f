#include "aws/calls.h"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <utility>

#include "aws/endpoint.h"
#include "aws/json_text.h"
#include "base/base64.h"

namespace tributary::aws {
namespace {

namespace json = boost::json;

http::Request json_call(const std::string& operation, const std::string& version) {
    http::Request request;
    request.method = "POST";
    request.target = "/";
    request.headers.add("Content-Type", "application/x-amz-json-" + version);
    request.headers.add("X-Amz-Target", operation);
    return request;
}

/// The answer to a call, or what the service said instead.
Result<http::Response> expect(Result<http::Response> answer, int status, const std::string& what) {
    if (!answer || answer->status == status) return answer;
    const ServiceError error = error_of(*answer);
    return fail(ErrorCode::unavailable,
                fmt::format("{} failed: {} {}: {}", what, answer->status, error.code,
                            error.message.empty() ? answer->body.substr(0, 300) : error.message));
}

std::string without_white_space(std::string text) {
    constexpr const char* kSpace = " \t\r\n";
    text.erase(text.find_last_not_of(kSpace) + 1);
    text.erase(0, std::min(text.find_first_not_of(kSpace), text.size()));
    return text;
}

}  // namespace

FunctionInvoker::FunctionInvoker(ServiceClient& client, http::Url endpoint,
                                 std::string function_name)
    : client_(client), endpoint_(std::move(endpoint)), function_name_(std::move(function_name)) {
}

Result<void> FunctionInvoker::invoke(const std::string& event) {
    http::Request request;
    request.method = "POST";
    request.target =
        "/2015-03-31/functions/" + http::percent_encode(function_name_, true) + "/invocations";
    request.headers.add("X-Amz-Invocation-Type", "Event");
    request.headers.add("Content-Type", "application/json");
    const auto answer = expect(client_.send(endpoint_, request, event), 202,
                               "The asynchronous invocation of " + function_name_);
    if (!answer) return std::unexpected(answer.error());
    return {};
}

Secret::Secret(ServiceClient& client, http::Url endpoint, std::string arn)
    : client_(client), endpoint_(std::move(endpoint)), arn_(std::move(arn)) {
}

Result<std::string> Secret::text(bool is_stale) {
    const std::scoped_lock lock(mutex_);
    if (text_.empty() || is_stale) {
        auto text = read();
        if (!text) return text;
        text_ = std::move(*text);
    }
    return text_;
}

Result<std::string> Secret::read() {
    const std::string body = json::serialize(json::object{{"SecretId", arn_}});
    const auto answer =
        expect(client_.send(endpoint_, json_call("secretsmanager.GetSecretValue", "1.1"), body),
               200, "Reading the secret " + arn_);
    if (!answer) return std::unexpected(answer.error());
    json::error_code error;
    const json::value parsed = json::parse(answer->body, error);
    std::string text;
    if (!error && parsed.is_object()) {
        text = text_of(parsed.as_object(), "SecretString");
        if (text.empty()) {
            text = base64_decode(text_of(parsed.as_object(), "SecretBinary")).value_or("");
        }
    }
    text = without_white_space(std::move(text));
    if (text.empty()) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The secret {} is empty; store the token as its text.", arn_));
    }
    return text;
}

QueueMessages::QueueMessages(ServiceClient& client, http::Url endpoint)
    : client_(client), endpoint_(std::move(endpoint)) {
}

Result<void> QueueMessages::make_visible(const std::string& queue_arn,
                                         const std::string& receipt_handle) {
    const auto arn = Arn::parse(queue_arn);
    if (!arn) return std::unexpected(arn.error());
    const http::Url& at = endpoint_;
    const std::string queue_url =
        fmt::format("{}://{}{}{}/{}/{}", at.scheme, at.host,
                    at.port == 443 || at.port == 80 ? std::string() : fmt::format(":{}", at.port),
                    at.path, arn->account, arn->resource);
    const std::string body = json::serialize(json::object{
        {"QueueUrl", queue_url}, {"ReceiptHandle", receipt_handle}, {"VisibilityTimeout", 0}});
    const auto answer =
        expect(client_.send(endpoint_, json_call("AmazonSQS.ChangeMessageVisibility", "1.0"), body),
               200, "Giving a message back to " + queue_url);
    if (!answer) return std::unexpected(answer.error());
    return {};
}

}  // namespace tributary::aws
