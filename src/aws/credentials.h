#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "aws/signature.h"
#include "base/clock.h"
#include "base/result.h"

namespace tributary::aws {

/// Where credentials come from, as AWS's own programs name it. The first that is there counts.
struct CredentialSettings {
    Credentials fixed;                 ///< AWS_ACCESS_KEY_ID, …: what Lambda gives a function.
    std::string container_url;         ///< The container's credential endpoint; empty: none.
    std::string container_token;       ///< AWS_CONTAINER_AUTHORIZATION_TOKEN
    std::string container_token_file;  ///< AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, read each time.

    using Lookup = std::function<std::string(const std::string& name)>;
    /// From the AWS_… variables; `variable` answers with an empty text where there is none.
    static CredentialSettings from_environment(const Lookup& variable);
};

/// Hands out credentials that are valid now. Thread-safe; may block to fetch new ones.
class CredentialSource {
public:
    /// `clock` must outlive the source.
    CredentialSource(CredentialSettings settings, const Clock& clock);

    /// Whether there is any source at all.
    [[nodiscard]] bool is_configured() const;
    /// `invalid_input` where no source is configured, `unavailable` or `corrupt_data` where the
    /// container's endpoint did not give any.
    Result<Credentials> get();
    /// Says that AWS called the last ones expired. True where others can be had.
    bool renew();

private:
    struct Fetched {
        Credentials credentials;
        Timestamp expires;
    };
    [[nodiscard]] Result<Fetched> fetch() const;
    [[nodiscard]] Result<std::string> authorization() const;

    const CredentialSettings settings_;
    const Clock& clock_;
    std::mutex mutex_;
    std::optional<Fetched> fetched_;
};

}  // namespace tributary::aws
