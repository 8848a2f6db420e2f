#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace tributary::ingest {

enum class Endpoint {
    produce,
    health,
    ready,
    metrics,
    openapi,
    docs,
    docs_script,
    docs_style,
};

struct Route {
    Endpoint endpoint;
    std::string_view path;
    std::string_view allow;  ///< The methods, as an `Allow` header lists them.
};

/// Every path that the Producer serves.
std::span<const Route> routes();
/// The route of exactly that path; null where there is none.
const Route* find_route(std::string_view path);
bool allows(const Route& route, std::string_view method);

}  // namespace tributary::ingest
