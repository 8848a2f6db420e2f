#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"

namespace tributary::apps {

/// Where the system of `tributary up` listens: gateway and console on one port, the Producer and
/// the Consumer on the two behind it.
class Addresses {
public:
    /// An IP address, and the first port; 0: the usual one.
    Addresses(std::string listen, std::int64_t port)
        : listen_(std::move(listen)), port_(port == 0 ? kUsualPort : port) {}

    /// `invalid_input` where there are no two ports behind the first.
    [[nodiscard]] Result<void> check() const;

    [[nodiscard]] const std::string& listen() const { return listen_; }
    [[nodiscard]] std::uint16_t gateway() const { return static_cast<std::uint16_t>(port_); }
    [[nodiscard]] std::uint16_t producer() const { return static_cast<std::uint16_t>(port_ + 1); }
    [[nodiscard]] std::uint16_t consumer() const { return static_cast<std::uint16_t>(port_ + 2); }
    /// Where this machine reaches it.
    [[nodiscard]] std::string url_of(std::uint16_t port) const;

private:
    static constexpr std::int64_t kUsualPort = 8080;

    const std::string listen_;
    const std::int64_t port_;
};

}  // namespace tributary::apps
