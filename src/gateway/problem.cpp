#include "gateway/problem.h"

#include <boost/json.hpp>

namespace tributary::gateway {

http::Response problem(int status, std::string_view title, std::string_view detail) {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.body = boost::json::serialize(boost::json::object{
        {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}});
    return response;
}

}  // namespace tributary::gateway
