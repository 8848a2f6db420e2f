#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/message.h"

/// What a browser says of the page that sends a request. Programs need say nothing of the kind.
namespace tributary::http {

/// Any method but GET, HEAD and OPTIONS.
bool changes_something(const Request& request);

/// Whether a page of another origin has a browser send this, to change something: its Origin is not
/// the host that was asked, or the browser calls it cross-site. The scheme does not count, nor its
/// default port: a proxy may speak TLS for us. One that asks us under another Host names the
/// browser's as X-Forwarded-Host; a foreign page cannot send that header without a preflight, and
/// no server that asks this question answers one.
bool is_from_foreign_page(const Request& request);

/// `Host` without its port and an IPv6 address's brackets, in lower case.
std::string host_name(const Request& request);

/// Whether the request asks for localhost, an IP address or one of `names` (without port, in any
/// case). A page that rebinds its DNS name to this machine cannot call itself by those.
bool is_for_known_host(const Request& request, const std::vector<std::string>& names);

}  // namespace tributary::http
