#include "apps/tributary/api_client.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <iostream>
#include <iterator>

#include "apps/program.h"
#include "base/file.h"

namespace tributary::apps {
namespace {

constexpr std::chrono::seconds kDeadline{35};
/// Far more than any server takes: it answers what is too much.
constexpr std::size_t kMaxInputBytes = 256UL << 20;

}  // namespace

ApiClient::ApiClient(http::Url url, const ClientOptions& options)
    : url_(options.url), token_(options.token) {
    const bool is_usual = url.port == (url.scheme == "https" ? 443 : 80);
    const std::string host =
        url.host.find(':') == std::string::npos ? url.host : "[" + url.host + "]";
    origin_ = url.scheme + "://" + host + (is_usual ? "" : ":" + std::to_string(url.port));
    client_ = std::make_unique<http::Client>(std::move(url));
}

Result<ApiClient> ApiClient::open(const ClientOptions& options) {
    auto parsed = http::Url::parse(options.url);
    if (!parsed) return std::unexpected(parsed.error());
    return ApiClient(std::move(*parsed), options);
}

void ApiClient::sign(http::Request& request) const {
    if (!token_.empty()) request.headers.set("Authorization", "Bearer " + token_);
    if (request.method != "GET") request.headers.set("Origin", origin_);
}

Error ApiClient::unreachable(const Error& error) const {
    if (error.code != ErrorCode::unavailable) return error;
    return Error(ErrorCode::unavailable,
                 fmt::format("{} does not answer ({}) Start the system with `tributary up`, or "
                             "give its address with --url.",
                             url_, error.message));
}

Result<http::Response> ApiClient::send(http::Request request) {
    sign(request);
    auto response = client_->send(std::move(request), kDeadline);
    if (!response) return std::unexpected(unreachable(response.error()));
    return response;
}

Result<http::Response> ApiClient::get(const std::string& target) {
    http::Request request;
    request.method = "GET";
    request.target = target;
    return send(std::move(request));
}

Result<std::string> read_input(const std::string& file) {
    if (file == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
    auto content = read_file(file, kMaxInputBytes);
    if (!content) return fail(ErrorCode::invalid_input, "Tributary " + content.error().message);
    return content;
}

int report(const Error& error) {
    fmt::print(stderr, "{}\n", error.message);
    if (error.code == ErrorCode::unavailable) return kExitUnavailable;
    return error.code == ErrorCode::invalid_input ? kExitUsage : kExitFailure;
}

int report_problem(const http::Response& response) {
    boost::system::error_code failure;
    const auto problem = boost::json::parse(response.body, failure);
    const std::string detail = failure ? "" : member_text(problem, "detail");
    fmt::print(stderr, "{} {}\n", response.status, detail.empty() ? response.body : detail);
    if (const auto* object = failure ? nullptr : problem.if_object()) {
        if (const auto* errors = object->if_contains("errors"); errors && errors->is_array()) {
            for (const auto& error : errors->as_array()) {
                fmt::print(stderr, "  {}: {}\n", member_text(error, "pointer"),
                           member_text(error, "detail"));
            }
        }
    }
    return response.status == 503 || response.status == 504 ? kExitUnavailable : kExitFailure;
}

std::expected<boost::json::value, int> expect_json(const Result<http::Response>& response) {
    if (!response) return std::unexpected(report(response.error()));
    if (response->status != 200) return std::unexpected(report_problem(*response));
    boost::system::error_code failure;
    boost::json::value value = boost::json::parse(response->body, failure);
    if (failure) {
        return std::unexpected(report(Error(
            ErrorCode::corrupt_data, "The answer is not JSON; is --url a Tributary gateway?")));
    }
    return value;
}

std::string to_text(const boost::json::value& value) {
    if (value.is_double()) return fmt::format("{}", value.as_double());
    std::vector<std::string> parts;
    if (const auto* array = value.if_array()) {
        for (const auto& item : *array) parts.push_back(to_text(item));
        return fmt::format("[{}]", fmt::join(parts, ","));
    }
    if (const auto* object = value.if_object()) {
        for (const auto& [name, member] : *object) {
            parts.push_back(boost::json::serialize(boost::json::string(name)) + ":" +
                            to_text(member));
        }
        return fmt::format("{{{}}}", fmt::join(parts, ","));
    }
    return boost::json::serialize(value);
}

std::string member_text(const boost::json::value& object, std::string_view name) {
    const auto* members = object.if_object();
    const auto* value = members == nullptr ? nullptr : members->if_contains(name);
    if (value == nullptr || value->is_null()) return "";
    return value->is_string() ? std::string(value->as_string()) : to_text(*value);
}

void print_document(const boost::json::value& document) {
    const auto* object = document.if_object();
    const auto* data = object == nullptr ? nullptr : object->if_contains("data");
    const auto* pipeline = object == nullptr ? nullptr : object->if_contains("pipeline");
    fmt::print("{}  {:8}  {:36}  {:32}  {}\n",
               pipeline == nullptr ? member_text(document, "@timestamp")
                                   : member_text(*pipeline, "received_at"),
               member_text(document, "type"), member_text(document, "id"),
               member_text(document, "source"),
               data == nullptr ? member_text(document, "reason") : to_text(*data));
}

std::string query_string(const std::vector<std::pair<std::string, std::string>>& parameters) {
    std::string query;
    for (const auto& [name, value] : parameters) {
        if (value.empty()) continue;
        query += query.empty() ? "?" : "&";
        query += name + "=" + http::percent_encode(value, true);
    }
    return query;
}

}  // namespace tributary::apps
