#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <fmt/format.h>
#include <map>
#include <utility>

#include "apps/program.h"
#include "apps/tributary/api_client.h"
#include "apps/tributary/commands.h"

namespace tributary::apps {
namespace {

namespace json = boost::json;

constexpr std::chrono::milliseconds kTailInterval{500};
constexpr std::size_t kMaxSeen = 100'000;

/// The coordinates that tell one document from every other.
std::string identity(const json::value& document) {
    const auto* object = document.if_object();
    const auto* kafka = object == nullptr ? nullptr : object->if_contains("kafka");
    return kafka == nullptr ? json::serialize(document) : json::serialize(*kafka);
}

std::string received_at(const json::value& document) {
    const auto* object = document.if_object();
    const auto* pipeline = object == nullptr ? nullptr : object->if_contains("pipeline");
    return pipeline == nullptr ? member_text(document, "@timestamp")
                               : member_text(*pipeline, "received_at");
}

/// All documents that were received since this began, each given once. They do not become
/// searchable in the order in which they were received: the total tells whether some are new.
class Arrivals {
public:
    Arrivals(ApiClient& client, std::string type) : client_(client), type_(std::move(type)) {}

    /// What is there already is none of them. Else the exit code of what failed.
    std::expected<void, int> begin() {
        const auto newest = page("1", "");
        if (!newest) return std::unexpected(newest.error());
        const auto& events = newest->at("events").as_array();
        if (!events.empty()) since_ = received_at(events.front());
        const auto old = next();
        return old ? std::expected<void, int>() : std::unexpected(old.error());
    }

    /// Those that came since the last call, the one received first before the others.
    std::expected<std::vector<json::value>, int> next() {
        std::vector<json::value> fresh;
        std::string cursor;
        std::size_t total = 0;
        do {
            const auto found = page("1000", cursor);
            if (!found) return std::unexpected(found.error());
            for (const json::value& event : found->at("events").as_array()) {
                const bool is_new = seen_.emplace(identity(event), received_at(event)).second;
                if (is_new) fresh.push_back(event);
            }
            total = found->at("total").to_number<std::size_t>();
            cursor = member_text(*found, "cursor");
        } while (!cursor.empty() && seen_.size() < total);
        forget_oldest();
        std::ranges::reverse(fresh);
        return fresh;
    }

private:
    std::expected<json::value, int> page(const std::string& size, const std::string& cursor) {
        return expect_json(client_.get(
            "/api/events" +
            query_string(
                {{"type", type_}, {"after", since_}, {"size", size}, {"cursor", cursor}})));
    }

    /// Keeps memory and the pages bounded: later arrivals among the forgotten are not waited for.
    void forget_oldest() {
        if (seen_.size() <= kMaxSeen) return;
        std::vector<std::string> times;
        for (const auto& [name, time] : seen_) times.push_back(time);
        const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
        std::ranges::nth_element(times, middle);
        since_ = *middle;
        std::erase_if(seen_, [&](const auto& entry) { return entry.second < since_; });
    }

    ApiClient& client_;
    const std::string type_;
    std::string since_;
    std::map<std::string, std::string> seen_;  ///< When each was received: all since `since_`.
};

}  // namespace

int tail(const TailOptions& options) {
    auto client = ApiClient::open(options.client);
    if (!client) return report(client.error());
    const TerminationSignals signals;
    Arrivals arrivals(*client, options.type);
    if (const auto begun = arrivals.begin(); !begun) return begun.error();
    std::size_t printed = 0;
    while (signals.wait(kTailInterval) == 0) {
        const auto fresh = arrivals.next();
        if (!fresh) return fresh.error();
        for (const json::value& document : *fresh) {
            if (options.client.json) {
                fmt::print("{}\n", json::serialize(document));
            } else {
                print_document(document);
            }
            if (++printed == options.count) return kExitSuccess;
        }
        std::fflush(stdout);
    }
    return kExitSuccess;
}

}  // namespace tributary::apps
