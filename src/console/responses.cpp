#include "console/responses.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "receipt/json_text.h"

namespace tributary::console {
namespace {

boost::json::object problem_object(int status, std::string_view title, std::string_view detail) {
    return {{"type", "about:blank"},
            {"title", title},
            {"status", status},
            {"detail", receipt::utf8_only(detail)}};
}

http::Response response_of_problem(int status, const boost::json::object& object) {
    http::Response response =
        response_of(status, "application/problem+json", boost::json::serialize(object));
    if (status == 503) response.headers.set("Retry-After", "1");
    return response;
}

}  // namespace

http::Response response_of(int status, std::string_view content_type, std::string body) {
    http::Response response;
    response.status = status;
    response.headers.set("Content-Type", std::string(content_type));
    response.headers.set("Cache-Control", "no-store");
    response.headers.set("X-Content-Type-Options", "nosniff");
    response.headers.set("Referrer-Policy", "no-referrer");
    response.headers.set("Content-Security-Policy",
                         "default-src 'none'; script-src 'self'; style-src 'self'; "
                         "connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
                         "base-uri 'none'; form-action 'self'");
    response.body = std::move(body);
    return response;
}

http::Response json_response(std::string body) {
    return response_of(200, "application/json", std::move(body));
}

http::Response problem(int status, std::string_view title, std::string_view detail) {
    return response_of_problem(status, problem_object(status, title, detail));
}

http::Response event_problem(int status, std::string_view title, std::string_view detail,
                             std::string_view id) {
    boost::json::object object = problem_object(status, title, detail);
    object["id"] = id;
    object["retry_safe"] = status == 408 || status == 429 || status >= 500;
    if (status == 504) object["fate"] = "unknown";
    return response_of_problem(status, object);
}

http::Response problem(const Error& error) {
    switch (error.code) {
        case ErrorCode::invalid_input: return problem(400, "Bad request", error.message);
        case ErrorCode::not_found: return problem(404, "Not found", error.message);
        case ErrorCode::conflict: return problem(409, "Conflict", error.message);
        case ErrorCode::timed_out: return problem(504, "Timed out", error.message);
        case ErrorCode::retry_later:
        case ErrorCode::unavailable:
        case ErrorCode::shutting_down: return problem(503, "Unavailable", error.message);
        case ErrorCode::corrupt_data:
        case ErrorCode::internal: break;
    }
    return problem(500, "Internal error", error.message);
}

}  // namespace tributary::console
