#include "http/origin.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>

#include "http/text.h"

namespace tributary::http {
namespace {

bool is_ip_address(const std::string& host) {
    std::array<unsigned char, sizeof(in6_addr)> address{};
    return ::inet_pton(AF_INET, host.c_str(), address.data()) == 1 ||
           ::inet_pton(AF_INET6, host.c_str(), address.data()) == 1;
}

bool is_origin_of(std::string_view origin, std::string_view host) {
    const std::size_t scheme = origin.find("://");
    return scheme != std::string_view::npos && equals_without_case(origin.substr(scheme + 3), host);
}

}  // namespace

bool changes_something(const Request& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

bool is_from_foreign_page(const Request& request) {
    if (!changes_something(request)) return false;
    if (request.headers.get("Sec-Fetch-Site") == "cross-site") return true;
    return request.headers.contains("Origin") &&
           !is_origin_of(request.headers.get("Origin"), request.headers.get("Host"));
}

std::string host_name(const Request& request) {
    const std::string_view host = request.headers.get("Host");
    const bool has_brackets = host.starts_with('[');
    std::string name(has_brackets ? host.substr(1, host.find(']') - 1)
                                  : host.substr(0, host.find(':')));
    std::ranges::transform(name, name.begin(), to_lower);
    return name;
}

bool is_for_known_host(const Request& request, const std::vector<std::string>& names) {
    const std::string host = host_name(request);
    return host == "localhost" || is_ip_address(host) ||
           std::ranges::any_of(
               names, [&](const std::string& name) { return equals_without_case(name, host); });
}

}  // namespace tributary::http
