#include "ingest/routes.h"

#include <algorithm>
#include <array>

namespace tributary::ingest {
namespace {

constexpr std::string_view kRead = "GET, HEAD";
constexpr std::array kRoutes{
    Route{Endpoint::produce, "/produce", "POST"},
    Route{Endpoint::health, "/health", kRead},
    Route{Endpoint::ready, "/ready", kRead},
    Route{Endpoint::metrics, "/metrics", kRead},
    Route{Endpoint::openapi, "/openapi.json", kRead},
    Route{Endpoint::docs, "/docs", kRead},
    Route{Endpoint::docs_script, "/docs/docs.js", kRead},
    Route{Endpoint::docs_style, "/docs/docs.css", kRead},
};

}  // namespace

std::span<const Route> routes() {
    return kRoutes;
}

const Route* find_route(std::string_view path) {
    const auto* found = std::ranges::find(kRoutes, path, &Route::path);
    return found == kRoutes.end() ? nullptr : found;
}

bool allows(const Route& route, std::string_view method) {
    if (route.allow == kRead) return method == "GET" || method == "HEAD";
    return method == route.allow;
}

}  // namespace tributary::ingest
