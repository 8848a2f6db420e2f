#include "gateway/problem.h"

#include <boost/json.hpp>

namespace tributary::gateway {

http::Response problem(int status, std::string_view title, std::string_view detail,
                       const ProblemFacts& facts) {
    const bool may_pass = status == 408 || status == 429 || status >= 500;
    boost::json::object body{
        {"type", "about:blank"}, {"title", title}, {"status", status}, {"detail", detail}};
    if (!facts.id.empty()) body["id"] = facts.id;
    body["retry_safe"] = may_pass && (!facts.fate_unknown || !facts.id.empty());
    if (facts.fate_unknown) body["fate"] = "unknown";
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/problem+json");
    response.body = boost::json::serialize(body);
    return response;
}

}  // namespace tributary::gateway
