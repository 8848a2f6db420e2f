#include "aws/credentials.h"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <utility>

#include "aws/json_text.h"
#include "base/file.h"
#include "base/rfc3339.h"
#include "http/client.h"

namespace tributary::aws {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kFetchLimit{5'000};
/// New ones are fetched so long before the old ones end.
constexpr std::chrono::minutes kReserve{5};
constexpr std::size_t kMaxTokenBytes = 64 * 1024;
constexpr std::string_view kEcsEndpoint = "http://169.254.170.2";

/// Keys must not travel through a network unencrypted: these hosts are the machine itself.
bool may_be_asked_in_clear(std::string_view host) {
    constexpr std::array kHosts{"127.0.0.1",      "::1",         "localhost", "169.254.170.2",
                                "169.254.170.23", "fd00:ec2::23"};
    return std::ranges::find(kHosts, host) != kHosts.end();
}

/// `http://host/path?query` as server and target.
Result<std::pair<http::Url, std::string>> split(const std::string& url) {
    const std::size_t path = url.find('/', url.find("://") + 3);
    auto server = http::Url::parse(url.substr(0, path));
    if (!server) return std::unexpected(server.error());
    if (server->scheme == "http" && !may_be_asked_in_clear(server->host)) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials are not fetched "
                                "from {} over plain http; use https.",
                                server->host));
    }
    return std::pair(std::move(*server), path == std::string::npos ? "/" : url.substr(path));
}

}  // namespace

CredentialSettings CredentialSettings::from_environment(const Lookup& variable) {
    CredentialSettings settings;
    settings.fixed = {variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"),
                      variable("AWS_SESSION_TOKEN")};
    const std::string relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    settings.container_url = relative.empty() ? variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                                              : std::string(kEcsEndpoint) + relative;
    settings.container_token = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
    settings.container_token_file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    return settings;
}

CredentialSource::CredentialSource(CredentialSettings settings, const Clock& clock)
    : settings_(std::move(settings)), clock_(clock) {
}

bool CredentialSource::is_configured() const {
    return !settings_.fixed.access_key_id.empty() || !settings_.container_url.empty();
}

Result<Credentials> CredentialSource::get() {
    if (!settings_.fixed.access_key_id.empty()) return settings_.fixed;
    if (settings_.container_url.empty()) {
        return fail(ErrorCode::invalid_input,
                    "There are no AWS credentials: neither AWS_ACCESS_KEY_ID and "
                    "AWS_SECRET_ACCESS_KEY nor AWS_CONTAINER_CREDENTIALS_FULL_URI (or "
                    "…_RELATIVE_URI) is set.");
    }
    const std::scoped_lock lock(mutex_);
    if (!fetched_ || clock_.now() + kReserve >= fetched_->expires) {
        auto fetched = fetch();
        if (!fetched) {
            // Old ones that are still good are better than none.
            if (fetched_ && clock_.now() < fetched_->expires) return fetched_->credentials;
            return std::unexpected(fetched.error());
        }
        fetched_ = std::move(*fetched);
    }
    return fetched_->credentials;
}

bool CredentialSource::renew() {
    if (!settings_.fixed.access_key_id.empty() || settings_.container_url.empty()) return false;
    const std::scoped_lock lock(mutex_);
    fetched_.reset();
    return true;
}

Result<CredentialSource::Fetched> CredentialSource::fetch() const {
    const auto address = split(settings_.container_url);
    if (!address) return std::unexpected(address.error());
    auto token = authorization();
    if (!token) return std::unexpected(token.error());
    http::Request request;
    request.method = "GET";
    request.target = address->second;
    request.headers.add("Accept", "application/json");
    if (!token->empty()) request.headers.add("Authorization", std::move(*token));
    const auto response = http::Client(address->first).send(std::move(request), kFetchLimit);
    if (!response) return std::unexpected(response.error());
    if (response->status != 200) {
        return fail(ErrorCode::unavailable,
                    fmt::format("The container's credential endpoint {} answered {}.",
                                settings_.container_url, response->status));
    }
    json::error_code error;
    const json::value parsed = json::parse(response->body, error);
    Fetched fetched;
    if (!error && parsed.is_object()) {
        const json::object& fields = parsed.as_object();
        fetched.credentials = {text_of(fields, "AccessKeyId"), text_of(fields, "SecretAccessKey"),
                               text_of(fields, "Token")};
        const auto expires = parse_rfc3339(text_of(fields, "Expiration"));
        fetched.expires = expires.value_or(Timestamp::max());
    }
    if (fetched.credentials.access_key_id.empty() ||
        fetched.credentials.secret_access_key.empty()) {
        return fail(ErrorCode::corrupt_data,
                    fmt::format("The answer of the container's credential endpoint {} holds no "
                                "AccessKeyId and SecretAccessKey.",
                                settings_.container_url));
    }
    return fetched;
}

Result<std::string> CredentialSource::authorization() const {
    if (settings_.container_token_file.empty()) return settings_.container_token;
    auto token = read_file(settings_.container_token_file, kMaxTokenBytes);
    while (token && (token->ends_with('\n') || token->ends_with('\r'))) token->pop_back();
    if (token && !token->empty()) return token;
    return fail(ErrorCode::invalid_input,
                "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: " +
                    (token ? "the file is empty." : token.error().message));
}

}  // namespace tributary::aws
