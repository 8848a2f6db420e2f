#include "aws/service_client.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <thread>
#include <utility>

namespace tributary::aws {
namespace {

using std::chrono::milliseconds;

/// As the client writes the Host field: with the port where it is not the scheme's own.
std::string host_of(const http::Url& server) {
    const bool is_ipv6 = server.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? fmt::format("[{}]", server.host) : server.host;
    const std::uint16_t usual = server.scheme == "https" ? 443 : 80;
    return server.port == usual ? host : fmt::format("{}:{}", host, server.port);
}

bool is_throttling(const ServiceError& error) {
    constexpr std::array kCodes{"SlowDown",         "Throttling",
                                "RequestTimeout",   "ThrottlingException",
                                "RequestThrottled", "TooManyRequestsException"};
    return std::ranges::find(kCodes, error.code) != kCodes.end();
}

bool is_expired(const ServiceError& error) {
    return error.code == "ExpiredToken" || error.code == "ExpiredTokenException" ||
           error.code == "TokenRefreshRequired";
}

}  // namespace

/// A connection of the pool, given back at the end.
class ServiceClient::Lent {
public:
    Lent(ServiceClient& owner, const http::Url& server)
        : owner_(owner), name_(server.scheme + "://" + host_of(server)) {
        {
            const std::scoped_lock lock(owner_.mutex_);
            const auto idle = owner_.idle_.find(name_);
            if (idle != owner_.idle_.end()) {
                client_ = std::move(idle->second);
                owner_.idle_.erase(idle);
            }
        }
        if (!client_) {
            http::Url address = server;
            address.path.clear();  // It is part of the signed target.
            client_ = std::make_unique<http::Client>(std::move(address));
        }
    }
    Lent(const Lent&) = delete;
    Lent& operator=(const Lent&) = delete;
    ~Lent() {
        const std::scoped_lock lock(owner_.mutex_);
        owner_.idle_.emplace(name_, std::move(client_));
    }
    http::Client* operator->() { return client_.get(); }

private:
    ServiceClient& owner_;
    const std::string name_;
    std::unique_ptr<http::Client> client_;
};

ServiceClient::ServiceClient(ServiceSettings settings, CredentialSource& credentials,
                             const CurrentTrace& trace, const Clock& clock)
    : settings_(std::move(settings)),
      credentials_(credentials),
      trace_(trace),
      clock_(clock),
      random_(std::random_device{}()) {
    if (!settings_.wait) {
        settings_.wait = [](milliseconds time) { std::this_thread::sleep_for(time); };
    }
}

ServiceClient::~ServiceClient() = default;

Result<http::Response> ServiceClient::send(const http::Url& server, const http::Request& head,
                                           std::string_view body) {
    bool was_renewed = false;
    for (int attempts = 1;; ++attempts) {
        auto outcome = send_once(server, head, body);
        if (!was_renewed && renews_credentials(outcome)) {
            was_renewed = true;
            continue;
        }
        if (is_worth_another_try(outcome) && backs_off(attempts)) continue;
        if (!outcome && outcome.error().code == ErrorCode::timed_out) {
            return fail(ErrorCode::unavailable, outcome.error().message);
        }
        return outcome;
    }
}

Result<http::Response> ServiceClient::send_once(const http::Url& server, const http::Request& head,
                                                std::string_view body) {
    auto request = signed_request(server, head, body);
    if (!request) return std::unexpected(request.error());
    Lent client(*this, server);
    if (body.empty()) return client->send(std::move(*request), settings_.attempt_timeout);
    // A view instead of a copy of the body, which may have megabytes.
    bool is_sent = false;
    const http::Client::BodySource source = [&]() -> Result<std::string_view> {
        return std::exchange(is_sent, true) ? std::string_view() : body;
    };
    return client->upload(std::move(*request), body.size(), source, settings_.attempt_timeout);
}

Result<http::Response> ServiceClient::download_once(const http::Url& server,
                                                    const http::Request& head,
                                                    const http::Client::BodyTarget& target) {
    auto request = signed_request(server, head, {});
    if (!request) return std::unexpected(request.error());
    return Lent(*this, server)->download(std::move(*request), target, settings_.attempt_timeout);
}

Result<http::Request> ServiceClient::signed_request(const http::Url& server,
                                                    const http::Request& head,
                                                    std::string_view body) {
    http::Request request = head;
    request.target = server.path + head.target;
    const std::string trace = trace_.get();
    if (!trace.empty()) request.headers.set("X-Amzn-Trace-Id", trace);
    if (settings_.may_be_unsigned && !credentials_.is_configured()) return request;
    const auto credentials = credentials_.get();
    if (!credentials) return std::unexpected(credentials.error());
    const std::string hash = sha256_hex(body);
    if (settings_.scope.service == "s3") request.headers.set("X-Amz-Content-Sha256", hash);
    sign(request, host_of(server), hash, *credentials, settings_.scope, clock_.now());
    return request;
}

bool ServiceClient::is_worth_another_try(const Result<http::Response>& outcome) {
    if (!outcome) {
        return outcome.error().code == ErrorCode::unavailable ||
               outcome.error().code == ErrorCode::timed_out;
    }
    if (outcome->status == 429 || (outcome->status >= 500 && outcome->status != 501)) return true;
    return outcome->status == 400 && is_throttling(error_of(*outcome));
}

bool ServiceClient::renews_credentials(const Result<http::Response>& outcome) {
    const bool is_refused = outcome && outcome->status >= 400 && outcome->status < 500;
    return is_refused && is_expired(error_of(*outcome)) && credentials_.renew();
}

bool ServiceClient::backs_off(int failed_attempts) {
    if (failed_attempts >= settings_.max_attempts) return false;
    milliseconds ceiling = settings_.first_backoff;
    for (int i = 1; i < failed_attempts && ceiling < settings_.max_backoff; ++i) ceiling *= 2;
    ceiling = std::min(ceiling, settings_.max_backoff);
    milliseconds wait{0};
    {
        const std::scoped_lock lock(mutex_);
        std::uniform_int_distribution<milliseconds::rep> any(0, ceiling.count());
        wait = milliseconds(any(random_));
    }
    settings_.wait(wait);
    return true;
}

}  // namespace tributary::aws
