#include "ingest/responses.h"

#include <utility>

#include "ingest/embedded_files.h"

namespace tributary::ingest {
namespace {

constexpr const char* kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

}  // namespace

http::Response response_of(int status, std::string content_type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", std::move(content_type));
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.body = std::move(body);
    return response;
}

http::Response response_of(receipt::Answer answer) {
    auto response =
        response_of(answer.status, std::move(answer.content_type), std::move(answer.body));
    if (answer.retry_after) {
        response.headers.add("Retry-After", receipt::retry_after_header(*answer.retry_after));
    }
    return response;
}

http::Response response_of(const receipt::Problem& problem) {
    return response_of(receipt::compose(problem, std::nullopt));
}

http::Response page_response(std::string content_type, std::string_view file) {
    auto response = response_of(200, std::move(content_type), std::string(embedded_file(file)));
    response.headers.set("Cache-Control", "no-cache");
    response.headers.add("Content-Security-Policy", kPagePolicy);
    response.headers.add("Referrer-Policy", "no-referrer");
    return response;
}

}  // namespace tributary::ingest
