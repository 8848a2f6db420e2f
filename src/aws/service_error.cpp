#include "aws/service_error.h"

#include <array>
#include <boost/json.hpp>
#include <utility>

namespace tributary::aws {
namespace {

namespace json = boost::json;

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities{
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};

std::string unescaped(std::string_view text) {
    std::string plain;
    plain.reserve(text.size());
    while (!text.empty()) {
        std::size_t used = 1;
        char c = text.front();
        for (const auto& [entity, meaning] : kEntities) {
            if (!text.starts_with(entity)) continue;
            used = entity.size();
            c = meaning;
            break;
        }
        // The quotes of an ETag come as a number from some servers.
        if (text.starts_with("&#34;")) {
            used = 5;
            c = '"';
        }
        plain += c;
        text.remove_prefix(used);
    }
    return plain;
}

std::string first_text(const json::object& fields, std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) {
        const json::value* const field = fields.if_contains(name);
        if (field != nullptr && field->is_string()) return std::string(field->as_string());
    }
    return {};
}

ServiceError json_error(const http::Response& response) {
    json::error_code failure;
    const json::value parsed = json::parse(response.body, failure);
    if (failure || !parsed.is_object()) return {"", response.body.substr(0, 300)};
    ServiceError error;
    error.code = first_text(parsed.as_object(), {"__type", "code", "Code", "Type"});
    // `com.amazonaws.sqs#QueueDoesNotExist`
    error.code.erase(0, error.code.find('#') + 1);
    error.message = first_text(parsed.as_object(), {"message", "Message"});
    return error;
}

}  // namespace

std::optional<std::string> element_of(std::string_view xml, std::string_view name) {
    const std::string opening = "<" + std::string(name) + ">";
    const std::string closing = "</" + std::string(name) + ">";
    const std::size_t begin = xml.find(opening);
    if (begin == std::string_view::npos) return std::nullopt;
    const std::string_view rest = xml.substr(begin + opening.size());
    const std::size_t end = rest.find(closing);
    if (end == std::string_view::npos) return std::nullopt;
    return unescaped(rest.substr(0, end));
}

ServiceError error_of(const http::Response& response) {
    const std::string_view body = response.body;
    const std::size_t begin = body.find_first_not_of(" \r\n\t");
    ServiceError error;
    if (begin != std::string_view::npos && body[begin] == '<') {
        error.code = element_of(body, "Code").value_or("");
        error.message = element_of(body, "Message").value_or("");
    } else if (begin != std::string_view::npos) {
        error = json_error(response);
    }
    if (error.code.empty()) {
        const std::string_view type = response.headers.get("x-amzn-ErrorType");
        error.code = type.substr(0, type.find(':'));
    }
    return error;
}

}  // namespace tributary::aws
