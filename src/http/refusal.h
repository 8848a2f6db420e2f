#pragma once

#include <expected>
#include <string>
#include <utility>

namespace tributary::http {

/// Why the server answers a request itself instead of handing it to the handler.
struct Refusal {
    Refusal(int status_in, std::string detail_in)
        : status(status_in), detail(std::move(detail_in)) {}

    int status;
    std::string detail;
};

template <class T>
using OrRefusal = std::expected<T, Refusal>;

inline std::unexpected<Refusal> refuse(int status, std::string detail) {
    return std::unexpected(Refusal(status, std::move(detail)));
}

}  // namespace tributary::http
