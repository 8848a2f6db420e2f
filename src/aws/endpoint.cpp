#include "aws/endpoint.h"

#include <array>
#include <fmt/format.h>

namespace tributary::aws {

Result<http::Url> endpoint_of(const std::string& service, const std::string& region,
                              const std::string& custom) {
    if (!custom.empty()) return http::Url::parse(custom);
    if (region.empty()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("Where {} is cannot be told: set AWS_REGION, as Lambda does, or "
                                "the service's AWS_ENDPOINT_URL_….",
                                service));
    }
    const std::string_view domain =
        region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
    return http::Url::parse(fmt::format("https://{}.{}.{}", service, region, domain));
}

Result<Arn> Arn::parse(std::string_view text) {
    std::array<std::string, 6> parts;
    std::string_view rest = text;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
        const std::size_t colon = rest.find(':');
        if (colon == std::string_view::npos) rest = {};
        if (rest.empty()) break;
        parts[i] = rest.substr(0, colon);
        rest.remove_prefix(colon + 1);
    }
    parts[5] = rest;
    if (parts[0] != "arn" || parts[2].empty() || parts[5].empty()) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("\"{}\" is no ARN; arn:aws:service:region:account:name is "
                                "expected.",
                                text));
    }
    return Arn{parts[2], parts[3], parts[4], parts[5]};
}

}  // namespace tributary::aws
