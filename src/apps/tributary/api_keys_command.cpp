#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fcntl.h>
#include <fmt/format.h>
#include <memory>
#include <thread>

#include "apps/index_backend.h"
#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"
#include "document_index/elasticsearch/elasticsearch_credentials.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;
using document_index::Credential;
using document_index::ElasticsearchCredentials;

constexpr std::chrono::seconds kPause{2};

/// A credential, and the entry of the Secret that its client reads.
struct Wanted {
    Credential credential;
    std::string name_space;
    std::string secret;
    std::string entry;
};

/// What the file says.
struct WantedKeys {
    std::string name_space;  ///< Of the list of all that was made.
    std::vector<Wanted> keys;
};

Result<WantedKeys> parse_wanted(const std::string& text) {
    boost::system::error_code failure;
    const json::value root = json::parse(text, failure);
    const json::value* const list = failure ? nullptr : root.find_pointer("/credentials", failure);
    if (list == nullptr || !list->is_array()) {
        return fail(ErrorCode::invalid_input,
                    "this is no JSON object with a list \"credentials\".");
    }
    WantedKeys wanted{member_text(root, "namespace"), {}};
    for (const json::value& row : list->as_array()) {
        Wanted one{{member_text(row, "name"), member_text(row, "service"), {}},
                   member_text(row, "namespace"),
                   member_text(row, "secret"),
                   member_text(row, "entry")};
        if (const json::value* role =
                row.is_object() ? row.as_object().if_contains("role") : nullptr)
            one.credential.role = json::serialize(*role);
        const bool is_whole = !one.credential.name.empty() && !one.name_space.empty() &&
                              !one.secret.empty() && !one.entry.empty() &&
                              one.credential.role.empty() != one.credential.service.empty();
        if (!is_whole) {
            return fail(ErrorCode::invalid_input,
                        fmt::format("a credential has name, namespace, secret, entry, and either "
                                    "role or service; this one has not: {}",
                                    json::serialize(row)));
        }
        wanted.keys.push_back(std::move(one));
    }
    return wanted;
}

/// The list of all keys for people, and a Secret for each that was made.
class Manifests {
public:
    explicit Manifests(const WantedKeys& wanted) {
        json::object names;
        for (const Wanted& one : wanted.keys) {
            names[one.credential.name] = fmt::format("Secret {}/{}", one.name_space, one.secret);
        }
        add("ConfigMap", wanted.name_space, "api-keys", {{"data", std::move(names)}});
    }
    void add_secret(const Wanted& one, const std::string& value) {
        add("Secret", one.name_space, one.secret, {{"stringData", {{one.entry, value}}}});
    }
    [[nodiscard]] std::string text() const {
        return json::serialize(
            json::object{{"apiVersion", "v1"}, {"kind", "List"}, {"items", items_}});
    }

private:
    void add(const char* kind, const std::string& name_space, const std::string& name,
             json::object manifest) {
        manifest["apiVersion"] = "v1";
        manifest["kind"] = kind;
        manifest["metadata"] = {{"name", name}, {"namespace", name_space}};
        items_.emplace_back(std::move(manifest));
    }
    json::array items_;
};

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// For its owner's eyes. Opened before a key is made: Elasticsearch tells a key once.
Result<File> open_private(const std::string& path) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    File file(descriptor < 0 ? nullptr : ::fdopen(descriptor, "w"));
    if (file) return file;
    return fail(ErrorCode::invalid_input, fmt::format("{} cannot be written.", path));
}

Result<std::optional<std::string>> create(ElasticsearchCredentials& credentials, const Wanted& one,
                                          const ApiKeysOptions& options) {
    if (std::ranges::find(options.renew, one.credential.name) != options.renew.end()) {
        if (auto gone = credentials.revoke(one.credential); !gone) {
            return std::unexpected(gone.error());
        }
    }
    return credentials.create(one.credential);
}

/// Tries until Elasticsearch is there, as a job that starts beside it must.
Result<std::optional<std::string>> create_in_time(ElasticsearchCredentials& credentials,
                                                  const Wanted& one, const ApiKeysOptions& options,
                                                  SteadyTime end) {
    while (true) {
        auto made = create(credentials, one, options);
        if (made || made.error().code == ErrorCode::invalid_input ||
            std::chrono::steady_clock::now() >= end) {
            return made;
        }
        std::this_thread::sleep_for(kPause);
    }
}

Result<void> create_all(const settings::Settings& values, const ApiKeysOptions& options) {
    if (values.text("ELASTICSEARCH_URL").empty()) {
        return fail(ErrorCode::invalid_input,
                    "ELASTICSEARCH_URL is not set; set it to the address of an Elasticsearch with "
                    "security.");
    }
    const auto catalog = load_catalog(values);
    if (!catalog) return std::unexpected(catalog.error());
    const auto text = read_input(options.file);
    if (!text) return std::unexpected(text.error());
    const auto wanted = parse_wanted(*text);
    if (!wanted) {
        return fail(ErrorCode::invalid_input,
                    fmt::format("{}: {}", options.file, wanted.error().message));
    }
    const auto credentials =
        ElasticsearchCredentials::open(elasticsearch_settings(values, *catalog));
    if (!credentials) return std::unexpected(credentials.error());
    const auto file = open_private(options.manifests);
    if (!file) return std::unexpected(file.error());

    Manifests manifests(*wanted);
    Result<void> outcome;
    const SteadyTime end = std::chrono::steady_clock::now() + options.timeout;
    for (const Wanted& one : wanted->keys) {
        const auto made = create_in_time(**credentials, one, options, end);
        if (!made) {
            outcome = std::unexpected(made.error());
            break;
        }
        const std::optional<std::string>& secret = *made;
        if (secret) manifests.add_secret(one, *secret);
        fmt::print("{}: {}\n", one.credential.name,
                   secret ? fmt::format("made, for the Secret {}/{}", one.name_space, one.secret)
                          : "is there; --renew makes it anew");
    }
    // Those before a failure count too: they exist now.
    if (std::fputs(manifests.text().c_str(), file->get()) < 0 || std::fflush(file->get()) != 0) {
        return fail(
            ErrorCode::internal,
            fmt::format("{} cannot be written; --renew makes the keys anew.", options.manifests));
    }
    return outcome;
}

}  // namespace

int create_api_keys(const settings::Environment& environment, const ApiKeysOptions& options) {
    const auto values = settings::Settings::load(environment);
    if (!values) return report_start_error(values.error());
    const auto done = create_all(*values, options);
    if (done) return kExitSuccess;
    if (done.error().code == ErrorCode::invalid_input) return report_start_error(done.error());
    fmt::print(stderr, "{}\n", done.error().message);
    return done.error().code == ErrorCode::internal ? kExitFailure : kExitUnavailable;
}

}  // namespace tributary::apps
