#include "document_index/elasticsearch/elasticsearch_credentials.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

#include "base/base64.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/json_calls.h"
#include "http/message.h"

namespace tributary::document_index {
namespace {

namespace json = boost::json;

constexpr const char* kKeys = "/_security/api_key";

std::string text_at(const json::value& root, const char* pointer) {
    boost::system::error_code failure;
    const json::value* found = root.find_pointer(pointer, failure);
    return found != nullptr && found->is_string() ? std::string(found->as_string()) : std::string();
}

std::string encoded(const std::string& name) {
    return http::percent_encode(name, true);
}

std::string token_target(const Credential& token) {
    return fmt::format("/_security/service/{}/credential/token/{}", token.service,
                       encoded(token.name));
}

bool is_valid_key(const json::value& key) {
    const json::value* const invalidated =
        key.is_object() ? key.as_object().if_contains("invalidated") : nullptr;
    return invalidated != nullptr && invalidated->is_bool() && !invalidated->as_bool();
}

}  // namespace

class ElasticsearchCredentials::Calls : public elasticsearch::JsonCalls {
public:
    using JsonCalls::JsonCalls;

    Result<bool> has_key(const std::string& name, const std::string& what) {
        const auto answer = ask({"GET", fmt::format("{}?name={}", kKeys, encoded(name))}, what);
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 404) return false;
        if (answer->status != 200) {
            return std::unexpected(elasticsearch::request_failure(*answer, what));
        }
        boost::system::error_code failure;
        const json::value body = json::parse(answer->body, failure);
        const json::value* keys = failure ? nullptr : body.find_pointer("/api_keys", failure);
        if (keys == nullptr || !keys->is_array()) {
            return fail(ErrorCode::unavailable,
                        "What answers at this address does not answer like Elasticsearch.");
        }
        return std::ranges::any_of(keys->as_array(), is_valid_key);
    }

    Result<std::optional<std::string>> create_key(const Credential& wanted) {
        const std::string what = fmt::format("make the API key '{}'", wanted.name);
        boost::system::error_code failure;
        json::value role = json::parse(wanted.role, failure);
        if (failure || !role.is_object()) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("The role of '{}' is no JSON object.", wanted.name));
        }
        const auto is_there = has_key(wanted.name, what);
        if (!is_there) return std::unexpected(is_there.error());
        if (*is_there) return std::nullopt;
        const json::object body{{"name", wanted.name},
                                {"role_descriptors", {{wanted.name, std::move(role)}}}};
        const auto made = ask_json({"POST", kKeys, json::serialize(body)}, what);
        if (!made) return std::unexpected(made.error());
        if (std::string shown = text_at(*made, "/encoded"); !shown.empty()) return shown;
        // Before 7.16 the client puts the two together.
        return base64_encode(text_at(*made, "/id") + ":" + text_at(*made, "/api_key"));
    }

    Result<std::optional<std::string>> create_token(const Credential& wanted) {
        const std::string what = fmt::format("make the token '{}'", wanted.name);
        const auto answer = ask({"POST", token_target(wanted)}, what);
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 409) return std::nullopt;
        boost::system::error_code failure;
        const json::value body = json::parse(answer->body, failure);
        const std::string value = failure ? std::string() : text_at(body, "/token/value");
        if (answer->status == 200 && !value.empty()) return value;
        return std::unexpected(elasticsearch::request_failure(*answer, what));
    }
};

ElasticsearchCredentials::ElasticsearchCredentials(std::unique_ptr<Calls> calls)
    : calls_(std::move(calls)) {
}
ElasticsearchCredentials::~ElasticsearchCredentials() = default;

Result<std::unique_ptr<ElasticsearchCredentials>> ElasticsearchCredentials::open(
    ElasticsearchSettings settings) {
    auto cluster = elasticsearch::Cluster::make(std::move(settings));
    if (!cluster) return std::unexpected(std::move(cluster.error()));
    return std::unique_ptr<ElasticsearchCredentials>(
        new ElasticsearchCredentials(std::make_unique<Calls>(*std::move(cluster))));
}

Result<std::optional<std::string>> ElasticsearchCredentials::create(const Credential& wanted) {
    return wanted.service.empty() ? calls_->create_key(wanted) : calls_->create_token(wanted);
}

Result<void> ElasticsearchCredentials::revoke(const Credential& unwanted) {
    const std::string what = fmt::format("revoke '{}'", unwanted.name);
    const bool is_key = unwanted.service.empty();
    const auto answer =
        is_key
            ? calls_->ask({"DELETE", kKeys, json::serialize(json::object{{"name", unwanted.name}})},
                          what)
            : calls_->ask({"DELETE", token_target(unwanted)}, what);
    if (!answer) return std::unexpected(answer.error());
    if (answer->status == 200 || answer->status == 404) return {};
    return std::unexpected(elasticsearch::request_failure(*answer, what));
}

}  // namespace tributary::document_index
