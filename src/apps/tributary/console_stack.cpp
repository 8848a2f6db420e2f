#include "apps/tributary/console_stack.h"

#include <boost/json/parse.hpp>
#include <fmt/format.h>
#include <optional>
#include <utility>

#include "base/version.h"
#include "http/client.h"

namespace tributary::apps {
namespace {

constexpr std::chrono::milliseconds kStatusDeadline{1'000};

/// What a service that is ready says of itself.
std::optional<std::string> version_in(const std::string& body) {
    boost::system::error_code error;
    const boost::json::value answer = boost::json::parse(body, error);
    if (error || !answer.is_object()) return std::nullopt;
    const auto* version = answer.get_object().if_contains("version");
    if (version == nullptr || !version->is_string()) return std::nullopt;
    return std::string(version->get_string());
}

}  // namespace

ConsoleStack::ConsoleStack(console::ConsoleSettings settings, const event::Catalog& catalog,
                           LogBackend& log, IndexBackend& index, console::Console::Status status,
                           const Clock& clock)
    : inspector_(log.make_inspector()),
      log_writer_(log.make_writer()),
      searcher_(index.make_searcher()),
      index_writer_(index.make_writer()),
      letters_(catalog, *inspector_, *log_writer_, *searcher_, *index_writer_, clock),
      console_(std::move(settings), catalog, *searcher_, *inspector_, letters_, std::move(status),
               clock) {
}

console::ConsoleSettings console_settings(const settings::Settings& values) {
    console::ConsoleSettings settings;
    settings.group = values.text("KAFKA_GROUP_ID");
    settings.version = kVersion;
    const auto name = [&](std::string_view kind, const std::string& address) {
        return address.empty() ? fmt::format("embedded, in {}", values.text("DATA_DIR"))
                               : fmt::format("{} at {}", kind, address);
    };
    settings.log = name("Kafka", values.text("KAFKA_BOOTSTRAP_SERVERS"));
    settings.index = name("Elasticsearch", values.text("ELASTICSEARCH_URL"));
    return settings;
}

console::GuardSettings guard_settings(const settings::Settings& values) {
    console::GuardSettings settings;
    settings.token = values.text("CONSOLE_TOKEN");
    settings.allowed_hosts = values.list("CONSOLE_ALLOWED_HOSTS");
    return settings;
}

console::PartStatus probe(const std::string& name, const std::string& url) {
    console::PartStatus part;
    part.name = name;
    part.address = url;
    const auto parsed = http::Url::parse(url);
    http::Request request;
    request.method = "GET";
    request.target = "/ready";
    const auto response = parsed ? http::Client(*parsed).send(std::move(request), kStatusDeadline)
                                 : Result<http::Response>(std::unexpected(parsed.error()));
    part.is_ready = response && response->status == 200;
    if (!part.is_ready) {
        part.detail = response ? response->body : response.error().message;
    } else if (const auto version = version_in(response->body)) {
        part.version = *version;
    }
    return part;
}

}  // namespace tributary::apps
