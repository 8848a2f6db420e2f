#pragma once

#include <mutex>
#include <string>

#include "aws/service_client.h"
#include "base/result.h"
#include "http/client.h"

/// The few calls of AWS's services, besides S3's, that our functions make.
namespace tributary::aws {

/// Invokes a Lambda function asynchronously. Thread-safe.
class FunctionInvoker {
public:
    /// `client` signs for the service `lambda` and must outlive this.
    FunctionInvoker(ServiceClient& client, http::Url endpoint, std::string function_name);

    /// Success once the event is accepted; `unavailable` with the answer where it is not.
    Result<void> invoke(const std::string& event);

private:
    ServiceClient& client_;
    const http::Url endpoint_;
    const std::string function_name_;
};

/// One secret of Secrets Manager, read when it is first wanted and kept. Thread-safe.
class Secret {
public:
    /// `client` signs for the service `secretsmanager` and must outlive this.
    Secret(ServiceClient& client, http::Url endpoint, std::string arn);

    /// The secret's text, without white space at its ends; read anew where `is_stale`.
    /// `unavailable` with the reason where it cannot be read.
    Result<std::string> text(bool is_stale);

private:
    Result<std::string> read();

    ServiceClient& client_;
    const http::Url endpoint_;
    const std::string arn_;
    std::mutex mutex_;
    std::string text_;
};

/// Messages of SQS that are being worked on. Thread-safe.
class QueueMessages {
public:
    /// `client` signs for the service `sqs` and must outlive this.
    QueueMessages(ServiceClient& client, http::Url endpoint);

    /// Gives a message back to its queue at once, instead of after its visibility timeout.
    Result<void> make_visible(const std::string& queue_arn, const std::string& receipt_handle);

private:
    ServiceClient& client_;
    const http::Url endpoint_;
};

}  // namespace tributary::aws
