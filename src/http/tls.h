#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

#include "base/result.h"

/// Whom a client trusts.
namespace tributary::http {

/// For clients: TLS 1.2 or newer, the other side must prove itself. `ca_file` as in ClientSettings;
/// `invalid_input` where it cannot be read.
Result<boost::asio::ssl::context> make_tls_context(const std::string& ca_file);

/// The certificate must be for `host`, a name or an address; the name is also told to the server.
Result<void> expect_host(SSL& session, const std::string& host);

/// Why the other side's certificate was refused, and what to do; empty where it was not.
std::string why_not_trusted(const SSL& session);

}  // namespace tributary::http
