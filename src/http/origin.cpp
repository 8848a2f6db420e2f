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

/// Browsers leave it out of an Origin, and some proxies write it into a Host.
std::string_view without_default_port(std::string_view host, std::string_view scheme) {
    const std::string_view port = scheme == "https" ? ":443" : ":80";
    if (host.ends_with(port)) host.remove_suffix(port.size());
    return host;
}

bool is_origin_of(std::string_view origin, std::string_view host) {
    const std::size_t end = origin.find("://");
    if (end == std::string_view::npos || host.empty()) return false;
    const std::string_view scheme = origin.substr(0, end);
    return equals_without_case(without_default_port(origin.substr(end + 3), scheme),
                               without_default_port(host, scheme));
}

/// The host that the browser asked the first of several proxies for.
std::string_view forwarded_host(const Request& request) {
    const std::string_view hosts = request.headers.get("X-Forwarded-Host");
    return hosts.substr(0, hosts.find(','));
}

}  // namespace

bool changes_something(const Request& request) {
    return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

bool is_from_foreign_page(const Request& request) {
    if (!changes_something(request)) return false;
    if (request.headers.get("Sec-Fetch-Site") == "cross-site") return true;
    if (!request.headers.contains("Origin")) return false;
    const std::string_view origin = request.headers.get("Origin");
    return !is_origin_of(origin, request.headers.get("Host")) &&
           !is_origin_of(origin, forwarded_host(request));
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
