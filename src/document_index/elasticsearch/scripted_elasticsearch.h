#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "document_index/elasticsearch/elasticsearch_index.h"
#include "http/testing.h"

/// What the tests of this module share: an Elasticsearch that answers as it is told.
namespace tributary::document_index::elasticsearch {

inline http::Response answer(int status, std::string body = "{}") {
    http::Response response;
    response.status = status;
    response.headers.add("Content-Type", "application/json");
    response.body = std::move(body);
    return response;
}

/// An item of a bulk's answer: a success, or a failure of that type.
inline std::string item(int status, const std::string& type = {}) {
    const std::string error =
        type.empty() ? "" : R"(,"error":{"type":")" + type + R"(","reason":"because"})";
    return R"({"create":{"status":)" + std::to_string(status) + error + "}}";
}
inline std::string bulk_answer(const std::vector<std::string>& items) {
    std::string body = R"({"errors":true,"items":[)";
    for (std::size_t i = 0; i < items.size(); ++i) body += (i == 0 ? "" : ",") + items[i];
    return body + "]}";
}

/// Takes every document, and keeps templates and indices, unless a rule says otherwise.
class ScriptedElasticsearch {
public:
    using Rule = std::function<http::Response(const http::Request&)>;

    ScriptedElasticsearch() {
        server_.handler.reply = [this](http::Request request, http::Responder responder) {
            const std::scoped_lock lock(mutex_);
            if (hold_ && line(request).starts_with(held_)) return hold_(std::move(responder));
            responder.send(reply(request));
        };
    }

    [[nodiscard]] std::string url() const {
        return "http://127.0.0.1:" + std::to_string(server_.port());
    }
    /// Settings for this server, with the index `orders-index`.
    [[nodiscard]] ElasticsearchSettings settings() const {
        ElasticsearchSettings settings;
        settings.urls = {url()};
        settings.max_in_flight = 1;
        settings.indices = {{"orders-index", {{"total", event::FieldKind::number}}}};
        return settings;
    }

    /// What requests are answered with whose `METHOD target` begins with `beginning`; the longest
    /// one that fits.
    void rule(const std::string& beginning, Rule rule) {
        const std::scoped_lock lock(mutex_);
        rules_[beginning] = std::move(rule);
    }
    void rule(const std::string& beginning, http::Response response) {
        rule(beginning,
             [response = std::move(response)](const http::Request&) { return response; });
    }

    /// Such requests are handed to `keep`, to be answered later.
    void hold(std::string beginning, std::function<void(http::Responder)> keep) {
        const std::scoped_lock lock(mutex_);
        held_ = std::move(beginning);
        hold_ = std::move(keep);
    }

    /// All requests so far whose `METHOD target` begins with `beginning`.
    [[nodiscard]] std::vector<http::Request> requests(const std::string& beginning) const {
        const std::scoped_lock lock(mutex_);
        std::vector<http::Request> found;
        for (const auto& request : requests_) {
            if (line(request).starts_with(beginning)) found.push_back(request);
        }
        return found;
    }

private:
    static std::string line(const http::Request& request) {
        return request.method + " " + request.target;
    }

    http::Response reply(const http::Request& request) {
        requests_.push_back(request);
        const Rule* rule = nullptr;
        for (const auto& [beginning, candidate] : rules_) {
            if (line(request).starts_with(beginning)) rule = &candidate;
        }
        if (rule != nullptr) return (*rule)(request);
        if (request.method == "PUT") return answer(200);
        if (request.target.starts_with("/_bulk")) return take_all(request.body);
        return answer(request.method == "GET" ? 404 : 200);
    }

    static http::Response take_all(const std::string& body) {
        std::vector<std::string> items(static_cast<std::size_t>(std::ranges::count(body, '\n')) / 2,
                                       item(201));
        return answer(200, bulk_answer(items));
    }

    mutable std::mutex mutex_;
    std::map<std::string, Rule> rules_;
    std::string held_;
    std::function<void(http::Responder)> hold_;
    std::vector<http::Request> requests_;
    http::testing::TestServer server_;
};

}  // namespace tributary::document_index::elasticsearch
