#pragma once

#include <string>
#include <string_view>

#include "http/message.h"
#include "ingest/routes.h"
#include "receipt/receipt.h"

/// Problems that a request has before anybody looks at its events.
namespace tributary::ingest {

receipt::Problem not_found_problem(std::string_view path);
receipt::Problem method_problem(const Route& route, std::string_view method);
receipt::Problem unauthorized_problem(bool has_credentials);
receipt::Problem foreign_page_problem(const http::Request& request);
receipt::Problem unknown_host_problem(const http::Request& request);
receipt::Problem idempotency_key_problem();
receipt::Problem not_ready_problem(std::string_view reason);
/// What the HTTP server itself refuses: a body that is too long, a broken header, ...
receipt::Problem server_problem(int status, std::string_view detail);

}  // namespace tributary::ingest
