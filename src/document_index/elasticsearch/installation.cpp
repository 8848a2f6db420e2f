#include "document_index/elasticsearch/installation.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <optional>

#include "document_index/document_index.h"
#include "document_index/elasticsearch/failure.h"
#include "document_index/elasticsearch/mapping.h"

namespace tributary::document_index::elasticsearch {
namespace {

namespace json = boost::json;

/// What is installed already.
struct Installed {
    std::int64_t version = 0;  ///< 0: not by Tributary.
    std::string fingerprint;
};

/// Installs what one index needs.
class IndexInstallation {
public:
    IndexInstallation(ClusterClient& client, const std::string& index,
                      const std::vector<event::Field>& fields, SteadyTime deadline)
        : client_(client), index_(index), mapping_(mapping_of(fields)), deadline_(deadline) {}

    /// After an outage. A cluster without our template has lost everything, and gets it anew. Where
    /// the template is there and the index is not, somebody deleted it and may be about to restore
    /// it: that is for people to decide.
    Result<void> repair() {
        const auto found = look_up_template();
        if (!found) return std::unexpected(found.error());
        return *found ? Result<void>() : run();
    }

    Result<void> run() {
        if (auto done = install_template(); !done) return done;
        return install_index();
    }

private:
    [[nodiscard]] std::string template_target() const {
        return "/_index_template/tributary-" + index_;
    }
    [[nodiscard]] bool is_current(const Installed& found) const {
        return found.version == kInstalledVersion && found.fingerprint == mapping_.fingerprint;
    }

    Result<void> install_template() {
        const auto found = look_up_template();
        if (!found) return std::unexpected(found.error());
        const std::optional<Installed>& installed = *found;
        if (installed && is_current(*installed)) return {};
        if (auto fine = refuse_newer(installed, "index template"); !fine) return fine;
        const auto what = fmt::format("install the index template of '{}'", index_);
        ClusterRequest request("PUT", template_target(), template_of(index_, mapping_, true));
        auto answer = ask(request, what);
        if (!answer) return std::unexpected(answer.error());
        if (is_refused_for(*answer, "allow_auto_create")) {
            request.body = template_of(index_, mapping_, false);
            answer = ask(request, what);
            if (!answer) return std::unexpected(answer.error());
        }
        return expect_success(*answer, what);
    }

    Result<void> install_index() {
        const auto found =
            look_up(fmt::format("/{}/_mapping", index_), fmt::format("/{}/mappings/_meta", index_));
        if (!found) return std::unexpected(found.error());
        const std::optional<Installed>& installed = *found;
        if (!installed) return create_index();
        if (is_current(*installed)) return {};
        if (auto fine = refuse_newer(installed, "index"); !fine) return fine;
        const auto what = fmt::format("bring the mapping of '{}' up to date", index_);
        const auto answer = ask({"PUT", fmt::format("/{}/_mapping", index_), mapping_.json}, what);
        if (!answer) return std::unexpected(answer.error());
        return expect_success(*answer, what);
    }

    Result<void> create_index() {
        const auto what = fmt::format("make the index '{}'", index_);
        const auto answer = ask({"PUT", "/" + index_}, what);
        if (!answer) return std::unexpected(answer.error());
        const bool somebody_was_faster =
            answer->body.find("resource_already_exists_exception") != std::string::npos;
        if (somebody_was_faster) return {};
        return expect_success(*answer, what);
    }

    Result<std::optional<Installed>> look_up_template() {
        return look_up(template_target(), "/index_templates/0/index_template/_meta");
    }

    /// Nothing where there is nothing under that address.
    Result<std::optional<Installed>> look_up(const std::string& target,
                                             const std::string& pointer) {
        const auto what = fmt::format("say what is installed for '{}'", index_);
        const auto answer = ask({"GET", target}, what);
        if (!answer) return std::unexpected(answer.error());
        if (answer->status == 404) return std::optional<Installed>();
        if (auto fine = expect_success(*answer, what); !fine) return std::unexpected(fine.error());
        boost::system::error_code failure;
        const json::value root = json::parse(answer->body, failure);
        if (failure) {
            return fail(ErrorCode::unavailable,
                        "What answers at this address does not answer like Elasticsearch.");
        }
        Installed installed;
        const json::value* meta = root.find_pointer(pointer, failure);
        if (meta == nullptr || !meta->is_object()) return installed;
        const json::object& object = meta->as_object();
        const auto* version = object.if_contains("tributary_version");
        if (version != nullptr && version->is_int64()) installed.version = version->as_int64();
        const auto* fingerprint = object.if_contains("fingerprint");
        if (fingerprint != nullptr && fingerprint->is_string()) {
            installed.fingerprint = fingerprint->as_string();
        }
        return installed;
    }

    [[nodiscard]] Result<void> refuse_newer(const std::optional<Installed>& found,
                                            std::string_view what) const {
        if (!found || found->version <= kInstalledVersion) return {};
        return fail(ErrorCode::invalid_input,
                    fmt::format("The {} of '{}' was made by a newer Tributary (version {}, this "
                                "program knows {}); start that one.",
                                what, index_, found->version, kInstalledVersion));
    }

    Result<http::Response> ask(const ClusterRequest& request, std::string_view what) {
        auto response = client_.send(request, deadline_);
        if (!response) return std::unexpected(connection_failure(response.error(), what));
        return response;
    }
    static Result<void> expect_success(const http::Response& response, std::string_view what) {
        if (response.status == 200 || response.status == 201) return {};
        return std::unexpected(request_failure(response, what));
    }

    ClusterClient& client_;
    const std::string& index_;
    const Mapping mapping_;
    const SteadyTime deadline_;
};

}  // namespace

Result<void> ensure_installed(ClusterClient& client, SteadyTime deadline) {
    Cluster& cluster = client.cluster();
    if (cluster.is_installed) return {};
    const std::scoped_lock lock(cluster.installing);
    if (cluster.is_installed) return {};
    auto indices = client.settings().indices;
    indices.try_emplace(kDeadLettersIndex);
    for (const auto& [index, fields] : indices) {
        IndexInstallation installation(client, index, fields, deadline);
        auto done = cluster.was_installed ? installation.repair() : installation.run();
        if (!done) return done;
    }
    cluster.was_installed = true;
    cluster.is_installed = true;
    return {};
}

Result<void> check_indices(ClusterClient& client, SteadyTime deadline) {
    std::string target = "/";
    for (const auto& [index, fields] : client.settings().indices) target += index + ',';
    target += kDeadLettersIndex;
    constexpr std::string_view kWhat = "say whether every index is there";
    const auto response = client.send({"HEAD", target}, deadline);
    if (!response) return std::unexpected(connection_failure(response.error(), kWhat));
    if (response->status == 200) return {};
    if (response->status == 404) {
        return fail(ErrorCode::unavailable,
                    "An index is missing. Restore it, or restart this program to have it made anew "
                    "and empty; what it held comes back by reading the log again.");
    }
    return std::unexpected(request_failure(*response, kWhat));
}

}  // namespace tributary::document_index::elasticsearch
