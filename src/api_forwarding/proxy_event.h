#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tributary::api_forwarding {

/// An HTTP request as API Gateway hands it to a function: payload 1.0 (REST API) or 2.0 (HTTP API).
struct ProxyRequest {
    std::string method;
    std::string path;                                          ///< Without the stage.
    std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
    std::string body;                                          ///< Decoded where it was base64.
    std::string caller;  ///< Who an authorizer, IAM or an API key says it is; empty: nobody.

    /// Empty where there is none.
    [[nodiscard]] std::string_view header(std::string_view lower_case_name) const;
};

/// `invalid_input` with what was found where it is no event of API Gateway.
Result<ProxyRequest> parse_proxy_event(std::string_view json);

/// An answer as both payload versions take it.
struct ProxyResponse {
    int status = 200;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

std::string to_json(const ProxyResponse& response);

}  // namespace tributary::api_forwarding
