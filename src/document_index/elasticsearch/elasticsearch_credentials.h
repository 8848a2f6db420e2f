#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "document_index/elasticsearch/settings.h"

namespace tributary::document_index {

/// An API key, or the token of one of Elasticsearch's own service accounts.
struct Credential {
    std::string name;
    std::string service;  ///< Such as `elastic/kibana`; empty: an API key.
    std::string role;     ///< A JSON object: all that the API key may do.
};

/// Gives out what clients show a cluster with security. The settings' user must be allowed to.
/// Calls block; one thread.
class ElasticsearchCredentials {
public:
    /// Connects to nothing yet. `invalid_input` for settings that can never work.
    static Result<std::unique_ptr<ElasticsearchCredentials>> open(ElasticsearchSettings settings);
    ~ElasticsearchCredentials();

    /// What a client shows. None where one of that name is valid already: Elasticsearch tells it
    /// once only. `invalid_input` for a role that is no JSON object.
    Result<std::optional<std::string>> create(const Credential& wanted);
    /// None of that name is valid afterwards.
    Result<void> revoke(const Credential& unwanted);

private:
    class Calls;
    explicit ElasticsearchCredentials(std::unique_ptr<Calls> calls);
    std::unique_ptr<Calls> calls_;
};

}  // namespace tributary::document_index
