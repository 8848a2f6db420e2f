#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "aws/credentials.h"
#include "aws/service_error.h"
#include "aws/signature.h"
#include "base/clock.h"
#include "base/result.h"
#include "http/client.h"

namespace tributary::aws {

/// The trace that this process works for just now: Lambda's value for X-Amzn-Trace-Id. Services
/// pass it on, and AWS's guard against functions that call themselves for ever needs it.
/// Thread-safe.
class CurrentTrace {
public:
    void set(std::string trace_id) {
        const std::scoped_lock lock(mutex_);
        trace_id_ = std::move(trace_id);
    }
    [[nodiscard]] std::string get() const {
        const std::scoped_lock lock(mutex_);
        return trace_id_;
    }

private:
    mutable std::mutex mutex_;
    std::string trace_id_;
};

struct ServiceSettings {
    Scope scope;
    /// Sends requests unsigned where no credentials are configured: for stand-ins of AWS.
    bool may_be_unsigned = false;
    std::chrono::milliseconds attempt_timeout{30'000};
    int max_attempts = 6;
    std::chrono::milliseconds first_backoff{100};
    std::chrono::milliseconds max_backoff{5'000};
    /// How the time between attempts passes: `std::this_thread::sleep_for`, or a test's clock.
    std::function<void(std::chrono::milliseconds)> wait;
};

/// Sends signed requests to one AWS service, at any number of hosts, over connections that are kept
/// alive. Every request carries the current trace. Thread-safe; calls block.
class ServiceClient {
public:
    /// `credentials`, `trace` and `clock` must outlive the client.
    ServiceClient(ServiceSettings settings, CredentialSource& credentials,
                  const CurrentTrace& trace, const Clock& clock);
    ServiceClient(const ServiceClient&) = delete;
    ServiceClient& operator=(const ServiceClient&) = delete;
    ~ServiceClient();

    /// A request with its answer in memory. Tries again, with full jitter, what a failed
    /// connection, a missing answer, 5xx or throttling left open, so it must be harmless to repeat.
    /// Expired credentials are renewed once. The last answer is returned, whatever its status;
    /// `unavailable` where there is none.
    Result<http::Response> send(const http::Url& server, const http::Request& head,
                                std::string_view body = {});

    /// One try, the body of a 2xx going to `target` piece by piece. Failed answers are returned.
    Result<http::Response> download_once(const http::Url& server, const http::Request& head,
                                         const http::Client::BodyTarget& target);

    /// Whether the same request may meet another answer a little later.
    static bool is_worth_another_try(const Result<http::Response>& outcome);
    /// Renews credentials that the service calls expired. True where that changed something.
    bool renews_credentials(const Result<http::Response>& outcome);
    /// Waits before the try that follows `failed_attempts` others. False: those were enough.
    bool backs_off(int failed_attempts);

private:
    class Lent;

    Result<http::Response> send_once(const http::Url& server, const http::Request& head,
                                     std::string_view body);
    Result<http::Request> signed_request(const http::Url& server, const http::Request& head,
                                         std::string_view body);

    ServiceSettings settings_;
    CredentialSource& credentials_;
    const CurrentTrace& trace_;
    const Clock& clock_;
    std::mutex mutex_;
    std::mt19937_64 random_;
    /// Idle connections by server.
    std::multimap<std::string, std::unique_ptr<http::Client>> idle_;
};

}  // namespace tributary::aws
