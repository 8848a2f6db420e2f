#include "apps/tributary/addresses.h"

#include <fmt/format.h>

namespace tributary::apps {
namespace {

constexpr std::int64_t kMaxPort = 65'533;

/// What listens on every address is asked on the loopback one.
std::string host_of(const std::string& listen) {
    if (listen == "0.0.0.0") return "127.0.0.1";
    if (listen == "::") return "[::1]";
    return listen.find(':') == std::string::npos ? listen : "[" + listen + "]";
}

}  // namespace

Result<void> Addresses::check() const {
    if (port_ <= kMaxPort) return {};
    return fail(ErrorCode::invalid_input,
                fmt::format("PORT: {} is too high; the whole system listens on PORT and the two "
                            "ports behind it, so it must be at most {}.",
                            port_, kMaxPort));
}

std::string Addresses::url_of(std::uint16_t port) const {
    return fmt::format("http://{}:{}", host_of(listen_), port);
}

}  // namespace tributary::apps
